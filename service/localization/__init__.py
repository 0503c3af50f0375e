"""What people read, in their language: messages are written in English where they are used, and looked up in a
catalogue (`catalogues/LANGUAGE.po`) when they are said.

Text that readers or moderators wrote is never looked up. What programs read (codes, problem documents, logs) stays
as it is.
"""

from service.localization.speaking import (
    ENGLISH,
    LANGUAGES,
    Messages,
    best_language,
    found,
    gettext,
    nfound,
    ngettext,
    noop,
    number,
    offered,
    own_name,
    speak,
    speaking,
    translated,
)

__all__ = [
    "ENGLISH",
    "LANGUAGES",
    "Messages",
    "best_language",
    "found",
    "gettext",
    "nfound",
    "ngettext",
    "noop",
    "number",
    "offered",
    "own_name",
    "speak",
    "speaking",
    "translated",
]
