"""Where in the desk somebody is: a tab, what narrows it, and the comment that is open, all of it in the address."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode

from msgspec import ValidationError, convert, to_builtins
from werkzeug.datastructures import MultiDict

from models import Status
from service.desk.queue.listing import read_cursor
from service.desk.queue.types import THREADS_MOST, QueueNarrowing, QueueQuery
from service.desk.requests import line_field
from service.errors import Invalid

PAGE_SIZE = 50
WAITING, ALL = "waiting", "all"


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of the desk, by what it asks the queue for, and the order it begins with."""

    status: str | None
    filter: str | None = None
    order: str = "decided"


# In the order of the page. Where a comment comes from here by its status, the first tab with that status is its own.
TABS: Mapping[str, Tab] = {
    WAITING: Tab("pending", order="priority"),
    "held": Tab(None, "held", "priority"),
    "escalated": Tab(None, "escalated", "priority"),
    "for_me": Tab(None, "for_me", "priority"),
    "reported": Tab(None, "reported", "priority"),
    "appealed": Tab(None, "appealed", "priority"),
    "unanswered": Tab(None, "unanswered", "priority"),
    "unreviewed": Tab("approved", "unreviewed", "nearest"),
    "approved": Tab("approved"),
    "rejected": Tab("rejected"),
    "spam": Tab("spam"),
    "dead": Tab(None, "dead", "priority"),
    ALL: Tab("any", order="newest"),
}
# The filters of what was taken from the list that all share.
SET_ASIDE = frozenset({"held", "escalated", "for_me"})
ORDERS = ("priority", "oldest", "newest", "decided", "nearest")


@dataclass(frozen=True, slots=True)
class DeskLocation:
    """Where in the desk somebody is: part of every link and form, so that no click loses it."""

    tab: str = WAITING
    site: str = ""
    q: str = ""
    section: str = ""
    thread: tuple[str, ...] = ()
    rule: str = ""
    language: str = ""
    writer: str = ""
    younger: str = ""
    older: str = ""
    # Empty: the tab's own.
    order: str = ""
    # Near copies of each other, whatever became of them, instead of what waits.
    cluster: str = ""
    cursor: str = ""
    at: str = ""

    @classmethod
    def of_query(cls, given: MultiDict[str, str], at: str | None = None) -> "DeskLocation":
        """From a page's query or a form's fields; what could never be asked for is left out."""

        def field(name: str, most: int) -> str:
            return line_field(given, name, most)

        found = cls(
            **{name: field(name, 200) for name in ("site", "q", *_WORDS)},
            tab=given.get("tab", WAITING),
            thread=tuple(dict.fromkeys(key.replace("\x00", "") for key in given.getlist("thread") if key.strip())),
            cluster=field("cluster", 27),
            cursor=field("cursor", 60),
            at=field("at", 26) if at is None else at.replace("\x00", "")[:26],
        )
        found = replace(found, tab=found.tab if found.tab in TABS else WAITING, thread=found.thread[:THREADS_MOST])
        for name in ("site", "cluster", "thread", "order", *_WORDS):
            try:
                _narrowing({name: getattr(found, name)})
            except ValidationError:
                nothing: Any = () if name == "thread" else ""
                found = replace(found, **{name: nothing})
        found = found if found.order in found.orders else replace(found, order="")
        try:
            read_cursor(found.asked)
        except Invalid:  # None of ours, or of another order.
            found = replace(found, cursor="")
        return found

    @classmethod
    def of_narrowing(cls, narrowing: Mapping[str, Any]) -> "DeskLocation":
        """Where the desk shows what the queue is asked for with these filters."""
        asked = _narrowing(narrowing)
        status = asked.status or (None if asked.filter or asked.cluster else "pending")
        tab = next((name for name, tab in TABS.items() if (tab.status, tab.filter) == (status, asked.filter)), "")
        # The API has more combinations than there are tabs: then whatever became of it.
        tab = tab or next((name for name, tab in TABS.items() if tab.filter and tab.filter == asked.filter), ALL)
        given = {name: getattr(asked, name) for name in ("site", "q", "cluster", *_WORDS)}
        threads = (asked.thread,) if isinstance(asked.thread, str) else tuple(asked.thread)
        found = cls(tab=tab, thread=tuple(key for key in threads if key), **given)
        return replace(found, order=asked.order if asked.order in found.orders and asked.order != found.own else "")

    @property
    def own(self) -> str:
        """The order that the tab begins with."""
        return "oldest" if self.cluster else TABS[self.tab].order

    @property
    def orders(self) -> Sequence[str]:
        """The orders that the tab has."""
        waits = TABS[self.tab].filter in SET_ASIDE and not self.cluster
        left = {"decided"} if waits or (self.tab == "unanswered" and not self.cluster) else set()
        return [one for one in ORDERS if one not in left and (one != "nearest" or self.own == "nearest")]

    @property
    def asked(self) -> QueueQuery:
        """What the queue is asked for here."""
        tab = TABS[self.tab]
        given = to_builtins({name: getattr(self, name) for name in ("site", "q", "cluster", "thread", *_WORDS)})
        if not self.cluster:
            given |= {"status": tab.status, "filter": tab.filter}
        given["order"] = self.order or self.own
        return convert(given | {"limit": PAGE_SIZE, "cursor": self.cursor}, QueueQuery)

    @property
    def narrowing(self) -> dict[str, Any]:
        """What of it is set, by the API's names: for a saved view, and for leases."""
        asked, plain = to_builtins(self.asked), to_builtins(QueueQuery())
        return {
            name: value
            for name, value in asked.items()
            if name not in ("limit", "cursor") and value not in (plain[name], "", [])
        }

    @property
    def fields(self) -> list[tuple[str, str]]:
        """All of it but the comment that is open and the page, for a link or a form's hidden fields."""
        found: list[tuple[str, str]] = []
        for name in _KEPT:
            value = getattr(self, name)
            if name == "tab" and value == WAITING:
                continue
            found += [(name, one) for one in (value if isinstance(value, tuple) else (value,)) if one]
        return found

    def link(self, **changes: Any) -> str:
        """The address of this place with something changed. What is narrowed otherwise starts at its beginning."""
        place = self
        if set(_KEPT) & set(changes):
            place = replace(place, cursor="", at="", cluster="")
        if "tab" in changes and "order" not in changes:
            place = replace(place, order="")
        place = replace(place, **changes)
        given = [*place.fields, *((name, getattr(place, name)) for name in ("cursor", "at") if getattr(place, name))]
        return f"/moderate/?{urlencode(given)}" if given else "/moderate/"

    @property
    def cleared(self) -> str:
        """The address of the tab without anything that narrows it."""
        return DeskLocation(tab=self.tab).link()

    @property
    def filtered(self) -> bool:
        """Whether more than the tab and the site is asked for."""
        return any(getattr(self, name) for name in _KEPT if name not in ("tab", "site", "order"))

    @property
    def narrowed(self) -> bool:
        return self.filtered or bool(self.site)


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing that the list is narrowed to, and the address of the list without it."""

    label: str
    without: str
    # Whether readers wrote it, so that its direction is its own.
    dir_auto: bool = False


def chips_of(place: DeskLocation, say: Mapping[str, Callable[[str], str]], titles: Mapping[str, str]) -> list[Chip]:
    """What the list is narrowed to, in words. `say`: a sentence a filter's name; `titles` of stories and names of
    writers, by what stands in the address."""
    found = []
    for name in ("site", "q", "section", "thread", "rule", "language", "writer", "younger", "older"):
        value = getattr(place, name)
        if name == "thread":
            for key in value:
                rest = tuple(other for other in value if other != key)
                found.append(Chip(say[name](titles.get(key) or key), place.link(thread=rest), dir_auto=True))
        elif value:
            shown = titles.get(value, value) if name == "writer" else value
            found.append(Chip(say[name](shown), place.link(**{name: ""}), dir_auto=name in ("q", "section", "writer")))
    return found


def tab_of(status: Status) -> str:
    """The tab that all comments with this status stand in; that of everything for those that no list has."""
    return next((name for name, tab in TABS.items() if tab.status == status and tab.filter is None), ALL)


_WORDS = ("section", "rule", "language", "writer", "younger", "older", "order")
_KEPT = tuple(field.name for field in fields(DeskLocation) if field.name not in ("cursor", "at"))


def _narrowing(given: Mapping[str, Any]) -> QueueNarrowing:
    return convert({name: value for name, value in to_builtins(given).items() if value}, QueueNarrowing)
