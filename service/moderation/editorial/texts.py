"""What a text has to be before it is shown to readers, whoever wrote it."""

from models import SiteSettings
from service.errors import FieldError, Invalid
from service.markup.characters import mended, pictures, visible


def trimmed(typed: str) -> str:
    """The text with one kind of line end, without what stands for no character and without empty ends."""
    return mended(typed).removeprefix("\ufeff").strip()


def body_fault(text: str, settings: SiteSettings) -> tuple[str, str] | None:
    """What is wrong with the trimmed text of a comment, as (code, words); None for a good one."""
    least = settings.body_min
    if len(text) > settings.body_max:
        return "too_long", f"A comment may have {settings.body_max:,} characters; this has {len(text):,}."
    if not visible(text, 1):
        return "required", "The comment is empty."
    if (seen := visible(text, least)) < least and seen + pictures(text, least) < least:
        return "too_short", f"A comment has at least {least} characters."
    return None


def checked_text(typed: str, *, field: str, most: int) -> str:
    """A text of the editors to one reader or above a thread, trimmed. Raises Invalid for an empty or too long one."""
    text = trimmed(typed)
    if not visible(text, 1):
        raise Invalid(errors=[FieldError(field, "required", "Write something first.")])
    if len(text) > most:
        raise Invalid(errors=[FieldError(field, "too_long", f"At most {most:,} characters; this has {len(text):,}.")])
    return text
