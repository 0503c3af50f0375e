"""Why a comment was refused: a code that a decision keeps, and the words that its writer reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models import Comment, Ground, ReasonDetails, SiteSettings, Thread
from service.errors import FieldError, Invalid
from service.localization import ENGLISH, fitting_for_reader, gettext, said_to_reader
from service.localization import noop as N_
from service.localization import noop as R_

# `N_` marks what moderators read, `R_` what readers do.

# In the order in which moderators are offered them. A site's own list takes the place of this one.
REASONS: Mapping[str, str] = {
    "off_topic": R_("It does not belong to this article."),
    "insult": R_("It attacks or insults somebody."),
    "hate": R_("It demeans people for who they are."),
    "unfounded": R_("It claims something as a fact that it does not support."),
    "personal_data": R_("It gives away something private about somebody."),
    "advertising": R_("It advertises something."),
    "repeated": R_("It repeats what was said before."),
    "unreadable": R_("It could not be understood."),
}
# What moderators read on their buttons.
_LABELS: Mapping[str, str] = {
    "off_topic": N_("Off topic"),
    "insult": N_("Insult"),
    "hate": N_("Hate"),
    "unfounded": N_("Unfounded"),
    "personal_data": N_("Personal data"),
    "advertising": N_("Advertising"),
    "repeated": N_("Repeated"),
    "unreadable": N_("Unreadable"),
}
HOUSE_RULES = R_("It goes against the rules of this site.")

_SHIPPED: Mapping[str, ReasonDetails] = {
    "off_topic": ReasonDetails(strikes=0),
    "hate": ReasonDetails(strikes=2),
    "unfounded": ReasonDetails(strikes=0),
    "repeated": ReasonDetails(strikes=0),
    "unreadable": ReasonDetails(strikes=0),
}
# Of a refusal whose reason is of no list, and of spam.
UNLISTED = ReasonDetails()
_DIGITS = "123456789"


@dataclass(frozen=True, slots=True)
class OfferedReason:
    """A reason as a moderator chooses it. `text`: what the writer will read, clause and all, in `language` (None:
    nobody has said which); `key`: "" where there is none left."""

    code: str
    label: str
    text: str
    language: str | None
    ground: Ground
    clause: str
    key: str
    strikes: int


def reasons_of(settings: SiteSettings) -> Mapping[str, str]:
    """Code -> words, as this site's moderators may choose from them."""
    return settings.reasons or REASONS


def details_of(settings: SiteSettings, code: str) -> ReasonDetails:
    """What the site says of a reason besides its words, else what is shipped with it."""
    if code in settings.reason_details:
        return settings.reason_details[code]
    if code in settings.reasons:
        return UNLISTED
    return _SHIPPED.get(code, UNLISTED)


def offered(settings: SiteSettings, languages: Sequence[str] = ()) -> list[OfferedReason]:
    """The site's reasons in their order, each with a key of its own, for a writer who reads the first of these
    languages that there are words in."""
    codes = list(reasons_of(settings))
    taken = {details_of(settings, code).key for code in codes}
    left = iter([digit for digit in _DIGITS if digit not in taken])
    found = []
    for code in codes:
        details = details_of(settings, code)
        _, language = _said(settings, code, languages)
        found.append(
            OfferedReason(
                code=code,
                label=details.label or label(code),
                text=words_for(settings, code, languages),
                language=language,
                ground=details.ground,
                clause=details.clause,
                key=details.key or next(left, ""),
                strikes=details.strikes,
            )
        )
    return found


def is_known(settings: SiteSettings, code: str) -> bool:
    """Whether the code is of this site's list or of ours: what a moderator typed freely is for no reader."""
    return code in settings.reasons or code in REASONS


def check_reason(settings: SiteSettings, code: str | None) -> None:
    """Raises Invalid, with the list, for a decision's reason that is no known code."""
    if code and not is_known(settings, code):
        listed = ", ".join(reasons_of(settings))
        raise Invalid(errors=[FieldError("reason", "unknown_value", f"A reason is one of: {listed}.")])


def languages_of(comment: Comment, thread: Thread, settings: SiteSettings, asked: str | None = None) -> list[str]:
    """What its writer is spoken to in, the likeliest first; `asked`: what they asked for."""
    found = (asked, *settings.languages_of_readers(thread.language, comment.language))
    return list(dict.fromkeys(language for language in found if language))


def words_for(settings: SiteSettings, code: str | None, languages: Sequence[str] = ()) -> str:
    """What a writer is told about a refusal with this code; a code of no list is not shown to them.

    In the first of `languages` that there are words in, else in the site's own; with the clause, where one is named.
    """
    words, _ = _said(settings, code or "", languages)
    clause = details_of(settings, code or "").clause
    return f"{words} ({clause})" if clause else words


def language_of_words(settings: SiteSettings, code: str | None, languages: Sequence[str] = ()) -> str | None:
    """The language that `words_for` says it in: None where nobody has said which."""
    return _said(settings, code or "", languages)[1]


def label(code: str) -> str:
    """The code as a moderator reads it on a button."""
    known = _LABELS.get(code)
    return code.replace("_", " ").capitalize() if known is None else gettext(known)


def _said(settings: SiteSettings, code: str, languages: Sequence[str]) -> tuple[str, str | None]:
    """The words, and the language that they are in: None where nobody has said which."""
    own = settings.reasons.get(code)
    if own is not None:
        return _in(details_of(settings, code).words, languages, own, settings.language)
    shipped = REASONS.get(code, HOUSE_RULES)
    words = {language: said for language in _ours(languages) if (said := said_to_reader(language, shipped)) != shipped}
    if code in REASONS:
        words |= details_of(settings, code).words
    return _in(words, languages, shipped, ENGLISH)


def _ours(languages: Sequence[str]) -> set[str]:
    """Those of our languages that fit any of these; English is the shipped words' own."""
    return {fit for tag in languages if (fit := fitting_for_reader(tag)) is not None} - {ENGLISH}


def _in(
    words: Mapping[str, str], languages: Sequence[str], otherwise: str, its_language: str | None
) -> tuple[str, str | None]:
    """The words in the first of the languages that there are any in: as asked for, else in its main language."""
    known = {} if its_language is None else {its_language.lower(): (otherwise, its_language)}
    known |= {its_language.lower().partition("-")[0]: (otherwise, its_language)} if its_language else {}
    known |= {tag.lower(): (text, tag) for tag, text in words.items()}
    for tag in languages:
        for wanted in (tag.lower(), tag.lower().partition("-")[0]):
            if wanted in known:
                return known[wanted]
    return otherwise, its_language
