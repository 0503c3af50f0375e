"""What people read, in their language: messages are written in English where they are used, and looked up in a
catalogue when they are said: what moderators read in `catalogues/LANGUAGE.po`, what readers do in
`catalogues/readers/LANGUAGE.po`.

Text that readers or moderators wrote is never looked up. What programs read (codes, problem documents, logs) stays
as it is.

May enter: catalogues, languages, numbers and dates. May not: a sentence; it stands where it is said.
"""

from service.localization.readers import (
    LANGUAGES_OF_READERS,
    best_for_reader,
    direction,
    fitting_for_reader,
    for_people,
    has_blanks,
    in_a_row,
    is_to_reader,
    language_for_readers,
    said_to_reader,
    speak_to_reader,
    speaking_to_reader,
)
from service.localization.speaking import (
    ENGLISH,
    LANGUAGES,
    Messages,
    best_language,
    detail_of,
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
    words_of,
)

__all__ = [
    "ENGLISH",
    "LANGUAGES",
    "LANGUAGES_OF_READERS",
    "Messages",
    "best_for_reader",
    "best_language",
    "detail_of",
    "direction",
    "fitting_for_reader",
    "for_people",
    "found",
    "gettext",
    "has_blanks",
    "in_a_row",
    "is_to_reader",
    "language_for_readers",
    "nfound",
    "ngettext",
    "noop",
    "number",
    "offered",
    "own_name",
    "said_to_reader",
    "speak",
    "speak_to_reader",
    "speaking",
    "speaking_to_reader",
    "translated",
    "words_of",
]
