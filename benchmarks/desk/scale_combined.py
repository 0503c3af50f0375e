"""Several things asked of the queue at once, unlucky ones among them, as `benchmarks.scale` measures them."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from benchmarks.scale_rows import RARE_LANGUAGE, RARE_RULE, RARE_SECTION, RARE_WORD

if TYPE_CHECKING:
    from benchmarks.scale import Newsroom

NOTHING = "zebra crossing"

COMBINED: "Mapping[str, Callable[[Newsroom], object]]" = {
    "watch list": lambda room: room.queue(thread=("story-0", "story-3", "story-7", "story-9")),
    "younger": lambda room: room.queue(younger="12h"),
    "older, approved": lambda room: room.queue(older="30d", status="approved"),
    "younger, approved": lambda room: room.queue(younger="1h", status="approved"),
    "younger, any": lambda room: room.queue(younger="7d", status="any"),
    "younger and older": lambda room: room.queue(younger="7d", older="30d", status="any"),
    "younger and nothing": lambda room: room.queue(younger="7d", q=NOTHING, status="any"),
    "younger and rule, approved": lambda room: room.queue(younger="7d", rule="emoji_flood", status="approved"),
    "younger and rare section": lambda room: room.queue(younger="7d", section=RARE_SECTION, status="approved"),
    "section and rare language": lambda room: room.queue(section="sports", language=RARE_LANGUAGE, status="approved"),
    "section and its story": lambda room: room.queue(section="sports", thread=room.filled.biggest_thread),
    "rare section and language": lambda room: room.queue(section=RARE_SECTION, language="de", status="approved"),
    "rare rule and rare word": lambda room: room.queue(rule=RARE_RULE, q=RARE_WORD, status="any"),
    "rule and rare language, newest": lambda room: room.queue(
        rule="link_count", language=RARE_LANGUAGE, order="newest"
    ),
    "rule and rare language, decided": lambda room: room.queue(
        rule="link_count", language=RARE_LANGUAGE, order="decided", status="any"
    ),
    "rule, unreviewed, approved": lambda room: room.queue(rule="link_count", filter="unreviewed", status="approved"),
    "rare word and language, any": lambda room: room.queue(q=RARE_WORD, language="de", status="any"),
    "nothing and language": lambda room: room.queue(q=NOTHING, language="de", status="approved"),
    "nothing, unreviewed": lambda room: room.queue(q=NOTHING, filter="unreviewed"),
    "some word and section": lambda room: room.queue(q=room.filled.some_word, section="sports", status="approved"),
    "some word and story": lambda room: room.queue(q=room.filled.some_word, thread=room.filled.biggest_thread),
    "writer and word": lambda room: room.queue(writer=room.filled.prolific, q=room.filled.common_word, status="any"),
    "dead and language, decided": lambda room: room.queue(filter="dead", language="de", order="decided"),
}
