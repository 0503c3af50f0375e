"""What a text has to be before it is shown to readers, whoever wrote it."""

from models import SiteSettings
from service.errors import FieldError, Invalid, nphrase
from service.localization import noop as N_
from service.markup.characters import mended, pictures, visible


def trimmed(typed: str) -> str:
    """The text with one kind of line end, without what stands for no character and without empty ends."""
    return mended(typed).removeprefix("\ufeff").strip()


def body_fault(text: str, settings: SiteSettings) -> tuple[str, str] | None:
    """What is wrong with the trimmed text of a comment, as (code, words); None for a good one."""
    least = settings.body_min
    if len(text) > settings.body_max:
        words = nphrase(
            "A comment may have %(num)s character; this has %(has)s.",
            "A comment may have %(num)s characters; this has %(has)s.",
            settings.body_max,
            has=len(text),
        )
        return "too_long", words
    if not visible(text, 1):
        return "required", N_("The comment is empty.")
    if (seen := visible(text, least)) < least and seen + pictures(text, least) < least:
        words = nphrase(
            "A comment has at least %(num)s character.", "A comment has at least %(num)s characters.", least
        )
        return "too_short", words
    return None


def checked_text(typed: str, *, field: str, most: int) -> str:
    """A text of the editors to one reader or above a thread, trimmed. Raises Invalid for an empty or too long one."""
    text = trimmed(typed)
    if not visible(text, 1):
        raise Invalid(errors=[FieldError(field, "required", "Write something first.")])
    if len(text) > most:
        raise Invalid(errors=[FieldError(field, "too_long", f"At most {most:,} characters; this has {len(text):,}.")])
    return text
