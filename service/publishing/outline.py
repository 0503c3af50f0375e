"""The shape of a thread: which comments are shown, as what, in which order. Pure: rows in, a page of ids out."""

import base64
import binascii
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import msgspec

from models import Status
from service.errors import Invalid
from service.publishing.query import PageQuery, Sort, unknown_cursor

State = Literal["published", "removed", "withdrawn"]
Key = tuple[str | int, ...]

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_REVERSED = str.maketrans(_ALPHABET, _ALPHABET[::-1])


class Row(NamedTuple):
    """One comment that is or was published, as the database has it."""

    id: str
    parent_id: str | None
    status: Status
    published_version: int | None
    votes: int


class OutlineItem(NamedTuple):
    """One comment as it is shown. `depth` counts from 0; `key` sorts by time and never before its parent."""

    id: str
    parent_id: str | None
    root: str
    depth: int
    key: str
    state: State
    votes: int
    replies: int


@dataclass(slots=True)
class Outline:
    """A thread's shown comments, parents before their replies, and the pages cut from them."""

    items: list[OutlineItem]
    count: int
    _by_id: dict[str, OutlineItem] = field(default_factory=dict)
    _orders: dict[Sort, tuple[list[OutlineItem], list[Key]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_id = {item.id: item for item in self.items}

    def page(self, asked: PageQuery) -> tuple[list[OutlineItem], str | None]:
        """The items asked for and the cursor of the page after them. Raises Invalid for a foreign cursor.

        A cursor names a place, not a comment: it holds when that comment is gone meanwhile.
        """
        items, keys = self._ordered(asked.sort)
        if asked.parent is not None or asked.depth is not None:
            chosen = [at for at, item in enumerate(items) if self._within(item, asked)]
            items, keys = [items[at] for at in chosen], [keys[at] for at in chosen]
        before: list[OutlineItem] = []
        start, end = 0, asked.limit
        if asked.cursor is not None:
            start = bisect_right(keys, _read_cursor(asked.cursor, asked.sort))
            end = start + asked.limit
        elif asked.around is not None:
            at = next((at for at, item in enumerate(items) if item.id == asked.around), 0)
            start = max(0, at - asked.limit // 2)
            before = self._way_up(asked.around, items[start : start + asked.limit])
            end = max(start + asked.limit - len(before), at + 1)
        shown = items[start:end]
        return before + shown, _cursor(asked.sort, keys[end - 1]) if end < len(items) else None

    def _ordered(self, sort: Sort) -> tuple[list[OutlineItem], list[Key]]:
        found = self._orders.get(sort)
        if found is None:
            pairs = sorted(((self._key(item, sort), item) for item in self.items), key=lambda pair: pair[0])
            found = self._orders[sort] = ([item for _, item in pairs], [key for key, _ in pairs])
        return found

    def _key(self, item: OutlineItem, sort: Sort) -> Key:
        """`oldest`: by time. `newest`, `top`: a conversation at a time, inside it by time."""
        if sort == "oldest":
            return (item.key,)
        recent = item.root.translate(_REVERSED)
        if sort == "newest":
            return (recent, item.key)
        return (-self._by_id[item.root].votes, recent, item.key)

    def _within(self, item: OutlineItem, asked: PageQuery) -> bool:
        top = 0
        if asked.parent is not None:
            parent = self._by_id.get(asked.parent)
            if parent is None or item.depth <= parent.depth or item.root != parent.root:
                return False
            above: OutlineItem | None = item
            while above is not None and above.depth > parent.depth:
                above = self._by_id.get(above.parent_id or "")
            if above is not parent:
                return False
            top = parent.depth + 1
        return asked.depth is None or item.depth - top <= asked.depth

    def _way_up(self, around: str, shown: Sequence[OutlineItem]) -> list[OutlineItem]:
        """What a reader needs above the comment asked for: its parent, that one's parent and so on."""
        here = {item.id for item in shown}
        missing: list[OutlineItem] = []
        item = self._by_id.get(around) if around in here else None
        while item is not None and item.parent_id is not None:
            item = self._by_id.get(item.parent_id)
            if item is not None and item.id not in here:
                missing.append(item)
        return missing[::-1]


def make_outline(rows: Iterable[Row]) -> Outline:
    """Rows of one thread -> its outline.

    Shown is what is published, and as a tombstone what is not but has something published below it.
    """
    below: dict[str | None, list[Row]] = defaultdict(list)
    known = {row.id: row for row in rows}
    for row in known.values():
        below[row.parent_id if row.parent_id in known else None].append(row)
    placed: list[tuple[Row, str, int, str]] = []
    keys: dict[str, str] = {}
    todo = [(row, row.id, 0) for row in below[None]]
    for row, root, depth in todo:
        # Clocks of two machines may differ: a reply whose id sorts before its parent's goes right after it.
        above = keys.get(row.parent_id or "", "")
        keys[row.id] = row.id if above < row.id else above + row.id
        placed.append((row, root, depth, keys[row.id]))
        todo.extend((reply, root, depth + 1) for reply in below.get(row.id, ()))
    shown: set[str] = set()
    for row, _, _, _ in reversed(placed):
        if row.published_version is not None or row.id in shown:
            shown.add(row.id)
            if row.parent_id is not None:
                shown.add(row.parent_id)
    items = [
        OutlineItem(
            id=row.id,
            parent_id=row.parent_id,
            root=root,
            depth=depth,
            key=key,
            state=_state(row),
            votes=row.votes,
            replies=sum(1 for reply in below.get(row.id, ()) if reply.published_version is not None),
        )
        for row, root, depth, key in placed
        if row.id in shown
    ]
    return Outline(items, sum(1 for item in items if item.state == "published"))


def _state(row: Row) -> State:
    if row.published_version is not None:
        return "published"
    return "withdrawn" if row.status is Status.WITHDRAWN else "removed"


def _cursor(sort: Sort, key: Key) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode([sort, *key])).rstrip(b"=").decode("ascii")


_SHAPES: dict[Sort, list[type]] = {"oldest": [str], "newest": [str, str], "top": [int, str, str]}


def _read_cursor(cursor: str, sort: Sort) -> Key:
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        parts = msgspec.json.decode(raw, type=list[str | int])
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise Invalid(errors=[unknown_cursor()]) from None
    if not parts or parts[0] != sort or [type(part) for part in parts[1:]] != _SHAPES[sort]:
        raise Invalid(errors=[unknown_cursor()])
    return tuple(parts[1:])
