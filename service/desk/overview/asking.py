"""What somebody investigates: the fields of the page, as a filter of comments and as the scope of a job."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from urllib.parse import urlencode

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from models import Site, Status
from models.comment import JUDGED
from models.database.ids import is_id
from models.queries.overview.investigation import CommentFilter, threads_keyed
from models.queries.queue_filter import ComplaintFilter
from moderation_rules.language.tags import in_case
from service.desk.overview.investigation import Period
from service.desk.queue.lists.place import WAITING, DeskLocation, tab_of
from service.desk.queue.types import THREADS_MOST
from service.desk.requests import line_field
from service.desk.site_access import comment_reached
from service.localization import noop as N_
from service.moderation.jobs.repair_scope import Scope

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# How long a period is, and how long each of its steps.
PERIODS: Mapping[str, tuple[str, timedelta, timedelta]] = {
    "1d": (N_("24 hours, by the hour"), DAY, HOUR),
    "3d": (N_("3 days, by the hour"), 3 * DAY, HOUR),
    "7d": (N_("7 days, by the day"), 7 * DAY, DAY),
    "30d": (N_("30 days, by the day"), 30 * DAY, DAY),
    "90d": (N_("90 days, by the day"), 90 * DAY, DAY),
}
_COMPLAINTS: dict[str, ComplaintFilter] = {name: name for name in get_args(ComplaintFilter)}
_WORDS = {
    "site": 64,
    "q": 200,
    "section": 100,
    "rule": 60,
    "language": 35,
    "writer": 27,
    "status": 20,
    "period": 5,
    "filter": 20,
}


@dataclass(frozen=True, slots=True)
class Asking:
    """The page's fields. `until`: the day (ISO) with whose end the period ends; empty: now."""

    site: str = ""
    q: str = ""
    section: str = ""
    rule: str = ""
    language: str = ""
    # The id of a comment, for all that are proven to be by its writer.
    writer: str = ""
    status: str = ""
    # What is said of it and open: "reported", "appealed".
    filter: str = ""
    period: str = "1d"
    until: str = ""
    thread: tuple[str, ...] = ()

    @classmethod
    def of_fields(cls, given: MultiDict[str, str]) -> "Asking":
        """From a query or a form; what could never be asked for is left out."""
        found = {name: line_field(given, name, most) for name, most in _WORDS.items()}
        threads = (key.replace("\x00", "").strip()[:512] for key in given.getlist("thread"))
        asking = cls(**found, until=given.get("until", ""), thread=tuple(dict.fromkeys(filter(None, threads))))
        return replace(
            asking,
            status=asking.status if asking.status in list(JUDGED) else "",
            filter=asking.filter if asking.complaint else "",
            period=asking.period if asking.period in PERIODS else "1d",
            until=asking.until if _day(asking.until) else "",
            writer=asking.writer if is_id(asking.writer) else "",
            thread=asking.thread[:THREADS_MOST],
        )

    @property
    def fields(self) -> list[tuple[str, str]]:
        """For a link or the hidden fields of a form."""
        plain = Asking()
        found = [(name, getattr(self, name)) for name in (*_WORDS, "until") if getattr(self, name)]
        return [(name, value) for name, value in found if value != getattr(plain, name)] + [
            ("thread", key) for key in self.thread
        ]

    @property
    def complaint(self) -> ComplaintFilter | None:
        return _COMPLAINTS.get(self.filter)

    def link(self, **changes: Any) -> str:
        found = urlencode(replace(self, **changes).fields)
        return f"/moderate/investigate?{found}" if found else "/moderate/investigate"

    def queue_link(self) -> str:
        """The same in the queue, which has no period; what waits of it where no status is asked for."""
        names = ("site", "q", "section", "thread", "rule", "language", "writer")
        tab = self.filter or (tab_of(Status(self.status)) if self.status else WAITING)
        return DeskLocation(tab=tab, **{name: getattr(self, name) for name in names}).link()

    def period_at(self, now: datetime) -> Period:
        """Whole hours or days, of which the last one ends after now (or with the day that was asked for)."""
        _, length, step = PERIODS[self.period]
        day = _day(self.until)
        if day is not None:
            until = day + DAY
        else:
            until = datetime.fromtimestamp((now.timestamp() // step.total_seconds() + 1) * step.total_seconds(), UTC)
        return Period(until - length, until, step)

    def comments(self, session: Session, sites: Mapping[str, Site]) -> CommentFilter | None:
        """None where nothing can ever fit. Raises NotFound for a writer's comment out of reach."""
        threads = tuple(session.scalars(threads_keyed(list(sites), self.thread))) if self.thread else ()
        if self.thread and not threads:
            return None
        writer = comment_reached(session, self.writer, "viewer")[0].chain_id if self.writer else ""
        return CommentFilter(
            site_ids=list(sites),
            status=Status(self.status) if self.status else None,
            threads=threads,
            writer=writer,
            section=self.section,
            rule=self.rule,
            language=in_case(self.language),
            q=self.q,
            complaint=self.complaint,
        )

    def scope(self, now: datetime) -> Scope:
        """The same comments, for a job on one site."""
        period = self.period_at(now)
        return Scope(
            rule=self.rule or None,
            status=Status(self.status) if self.status else None,
            section=self.section or None,
            threads=self.thread,
            writer=self.writer or None,
            language=self.language or None,
            q=self.q or None,
            came_since=period.since,
            came_until=period.until,
            complaint=self.complaint,
        )


def _day(text: str) -> datetime | None:
    try:
        found = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC) if len(text) == 10 else None
    except ValueError:
        return None
    # Ids have no times before 1970, and nobody asks for the end of all days.
    return found if found is not None and 2000 <= found.year < 2100 else None
