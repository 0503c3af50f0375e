"""The pages around the queue, as `benchmarks.scale` measures them: threads, investigations, the audit trail."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from benchmarks.scale_rows import BIG, RARE_RULE, RARE_SECTION

if TYPE_CHECKING:
    from benchmarks.scale import Newsroom

MONTH = "/moderate/investigate?period=30d"

OVERVIEW: "Mapping[str, Callable[[Newsroom], object]]" = {
    "threads, by rate": lambda room: room.visit("/moderate/threads"),
    "threads, page by most waiting": lambda room: room.visit("/moderate/threads?sort=pending"),
    "threads, newest of one site": lambda room: room.visit(f"/moderate/threads?sort=newest&site={BIG}"),
    "threads, search nothing": lambda room: room.visit("/moderate/threads?sort=newest&q=zebra"),
    "threads, waiting, search nothing": lambda room: room.visit("/moderate/threads?sort=pending&q=zebra"),
    "threads, by rate, search a story": lambda room: room.visit("/moderate/threads?q=story+7"),
    "investigate, a month": lambda room: room.visit(MONTH),
    "investigate, common word": lambda room: room.visit(f"{MONTH}&q={room.filled.common_word}"),
    "investigate, rare rule": lambda room: room.visit(f"{MONTH}&rule={RARE_RULE}"),
    "investigate, section, language": lambda room: room.visit(f"{MONTH}&language=de&section={RARE_SECTION}"),
    "investigate, one story": lambda room: room.visit(f"{MONTH}&thread={room.filled.biggest_thread}"),
    "investigate, one writer": lambda room: room.visit(f"{MONTH}&writer={room.filled.cluster}"),
    "trail, first page of one site": lambda room: room.visit(f"/moderate/audit?site={BIG}"),
    "trail, one person": lambda room: room.visit(f"/moderate/audit?person={room.filled.moderator}"),
    "trail, one action": lambda room: room.visit("/moderate/audit?action=policy.change"),
    "trail, one comment": lambda room: room.visit(f"/moderate/audit?comment={room.filled.cluster}"),
}
