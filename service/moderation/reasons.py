"""Why a comment was refused: a code that a decision keeps, and the words that its writer reads."""

from collections.abc import Mapping

from models import SiteSettings

# In the order in which moderators are offered them. A site's own list takes the place of this one.
REASONS: Mapping[str, str] = {
    "off_topic": "It does not belong to this article.",
    "insult": "It attacks or insults somebody.",
    "hate": "It demeans people for who they are.",
    "unfounded": "It claims something as a fact that it does not support.",
    "personal_data": "It gives away something private about somebody.",
    "advertising": "It advertises something.",
    "repeated": "It repeats what was said before.",
    "unreadable": "It could not be understood.",
}
HOUSE_RULES = "It goes against the rules of this site."


def reasons_of(settings: SiteSettings) -> Mapping[str, str]:
    """Code -> words, as this site's moderators may choose from them."""
    return settings.reasons or REASONS


def words_for(settings: SiteSettings, code: str | None) -> str:
    """What a writer is told about a refusal with this code; a code of no list is not shown to them."""
    return settings.reasons.get(code or "") or REASONS.get(code or "") or HOUSE_RULES


def label(code: str) -> str:
    """The code as a moderator reads it on a button."""
    return code.replace("_", " ").capitalize()
