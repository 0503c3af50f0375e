"""Why a comment was refused: a code that a decision keeps, and the words that its writer reads."""

from collections.abc import Mapping

from models import SiteSettings
from service.errors import FieldError, Invalid

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


def is_known(settings: SiteSettings, code: str) -> bool:
    """Whether the code is of this site's list or of ours: what a moderator typed freely is for no reader."""
    return code in settings.reasons or code in REASONS


def check_reason(settings: SiteSettings, code: str | None) -> None:
    """Raises Invalid, with the list, for a decision's reason that is no known code."""
    if code and not is_known(settings, code):
        listed = ", ".join(reasons_of(settings))
        raise Invalid(errors=[FieldError("reason", "unknown_value", f"A reason is one of: {listed}.")])


def words_for(settings: SiteSettings, code: str | None) -> str:
    """What a writer is told about a refusal with this code; a code of no list is not shown to them."""
    return settings.reasons.get(code or "") or REASONS.get(code or "") or HOUSE_RULES


def label(code: str) -> str:
    """The code as a moderator reads it on a button."""
    return code.replace("_", " ").capitalize()
