"""What the desk's pages show, put together from the same readings that the API answers with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

import msgspec
from sqlalchemy.orm import Session

from models import ActorKind, Comment, Decision, Site, Status
from models.database.planner import expected_rows
from models.queries.arms import LOOKED_UP_MOST, TOTAL_MOST, WALK_MOST
from models.queries.decided import decided_lately, decision_rows, gathered_lately, lately_guessed
from models.queries.queue_filter import QueueFilter
from models.queries.search import Search
from models.queries.waiting import any_comment, oldest_pending
from service.accounts.access import Actor
from service.desk import wording as words
from service.desk.actor_names import names_of
from service.desk.findings.highlights import MarkedFinding, notes
from service.desk.queue.case import decision_view, find_case
from service.desk.queue.items import Row, items
from service.desk.queue.listing import SITES_AT_ONCE, count_queue, find_queue
from service.desk.queue.tools import Tools, find_tools
from service.desk.queue.types import Case, QueueQuery
from service.desk.site_access import reached, sites_asked
from service.desk.types import DecisionView, FindingView, QueueItem
from service.moderation.reasons import label, reasons_of
from service.wiring import Services, on_sqlite

WAITING = "waiting"
TABS: Mapping[str, Status] = {
    WAITING: Status.PENDING,
    "approved": Status.APPROVED,
    "rejected": Status.REJECTED,
    "spam": Status.SPAM,
}
PAGE_SIZE = 50
# "Recently decided" is this long.
RECENT = timedelta(days=7)
EXCERPT = 160
CHIPS = 4
# Rules that find threats, abuse and hate.
SEVERE = frozenset({"threats", "word_list", "patterns"})

# Fields of a place that the queue has under the same names, with the most characters of each.
NARROWING: Mapping[str, int] = {"thread": 512, "section": 100, "rule": 60, "language": 35}


@dataclass(frozen=True, slots=True)
class DeskLocation:
    """Where in the desk somebody is: part of every link and form, so that no click loses it."""

    tab: str = WAITING
    site: str = ""
    q: str = ""
    at: str = ""
    cursor: str = ""
    # Near copies of each other, whatever became of them, instead of what waits.
    cluster: str = ""
    # What narrows what waits further, as a link from another page of the desk asks: an article's key, its section, the
    # rule that found something, a language.
    thread: str = ""
    section: str = ""
    rule: str = ""
    language: str = ""

    def link(self, **changes: str) -> str:
        """The address of this place with something changed. A new tab, site or search starts at its beginning."""
        fields = {
            "tab": self.tab,
            "site": self.site,
            "q": self.q,
            "cluster": self.cluster,
            **{name: getattr(self, name) for name in NARROWING},
            "cursor": self.cursor,
            "at": self.at,
        }
        if {"tab", "site", "q", "cluster"} & set(changes):
            fields |= {"cursor": "", "at": "", "cluster": "", **dict.fromkeys(NARROWING, "")}
        fields |= changes
        if fields["tab"] == WAITING:
            fields["tab"] = ""
        found = urlencode({name: value for name, value in fields.items() if value})
        return f"/moderate/?{found}" if found else "/moderate/"

    @property
    def narrowed(self) -> bool:
        return bool(self.q or self.site or self.cluster or any(getattr(self, name) for name in NARROWING))


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One comment in the list."""

    item: QueueItem
    excerpt: str
    chips: list[FindingView]
    more_chips: int
    decision: DecisionView | None = None

    @property
    def free(self) -> bool:
        """Whether nobody else is looking at it."""
        return self.item.lease is None or self.item.lease.mine

    @property
    def severe(self) -> bool:
        """Whether it may be softened until somebody wants to read it."""
        return severe(self.item.findings)


@dataclass(frozen=True, slots=True)
class Numbers:
    """What stands at the top; of what waits see `listing.Found`."""

    waiting: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class ListView:
    entries: list[ListEntry]
    numbers: Numbers
    total: int
    next_cursor: str | None
    # There are more than `total`.
    at_least: bool = False
    # Nothing was ever sent in: then the page says how to begin.
    untouched: bool = False
    # Of near copies: whether the caller may decide all of them at once.
    may_decide_all: bool = False

    def after(self, comment_id: str) -> str:
        """The one that comes next once this one is decided; the one before at the end of the list."""
        ids = [entry.item.id for entry in self.entries]
        if comment_id not in ids:
            return ids[0] if ids else ""
        at = ids.index(comment_id)
        # First what nobody else is looking at.
        free = [entry.item.id for entry in self.entries[at + 1 :] if entry.free] or ids[at + 1 :] or ids[:at][-1:]
        return free[0] if free else ""


@dataclass(frozen=True, slots=True)
class ReasonChoice:
    code: str
    label: str
    words: str


@dataclass(frozen=True, slots=True)
class CaseView:
    """One comment in the right pane."""

    case: Case
    notes: list[MarkedFinding]
    reasons: list[ReasonChoice]
    may_decide: bool
    is_admin: bool
    # The last decision, if a person made it and it can be taken back.
    undoable: DecisionView | None
    # The text that readers see while this one waits.
    published_text: str | None = None
    # Whether it may be softened until somebody wants to read it.
    severe: bool = False
    # Whether the viewer's decision counts whoever holds a lease.
    passes_leases: bool = False
    decisions: list[DecisionView] = field(default_factory=list)
    # Only for those who may use them.
    tools: Tools | None = None


def find_list(services: Services, actor: Actor, place: DeskLocation) -> ListView:
    """The left pane. Raises NotFound for a site out of reach."""
    with services.read() as session:
        sites = sites_asked(session, place.site, "viewer")
        numbers = numbers_of(session, list(sites))
        if place.tab != WAITING and not place.cluster:
            entries = _decided(services, session, actor, place, sites)
            return ListView(entries, numbers, len(entries), None)
        untouched = numbers.waiting == 0 and session.scalar(any_comment(list(sites))) is None
    found = find_queue(services, actor, queue_asked(place))
    ids = {site.slug: site.id for site in sites.values()}
    return ListView(
        [list_entry(item) for item in found.comments],
        numbers,
        found.total,
        found.next_cursor,
        at_least=found.total_is == "at_least",
        untouched=untouched,
        may_decide_all=bool(place.cluster)
        and any(actor.can("moderator", ids[item.site]) for item in found.comments[:1]),
    )


def queue_asked(place: DeskLocation) -> QueueQuery:
    """What the place shows of the queue, a page of it."""
    return QueueQuery(
        site=place.site,
        q=place.q,
        order="oldest" if place.cluster else "priority",
        limit=PAGE_SIZE,
        cursor=place.cursor,
        cluster=place.cluster,
        **{name: getattr(place, name) for name in NARROWING},
    )


def everything(actor: Actor, place: DeskLocation, sites: Sequence[Site]) -> str:
    """All that the place lists, as a repair's filter in JSON; nothing where no filter says just that."""
    slug = place.site or (sites[0].slug if len(sites) == 1 else "")
    site = next((site for site in sites if site.slug == slug), None)
    if site is None or not actor.can("moderator", site.id):
        return ""
    # By the tab and the site alone, whatever else a place may one day say.
    if replace(place, tab=WAITING, site="", at="", cursor="") != DeskLocation() or place.tab not in TABS:
        return ""
    return msgspec.json.encode({"site": slug, "status": TABS[place.tab]}).decode()


def find_case_view(services: Services, actor: Actor, comment_id: str) -> CaseView:
    """The right pane. Raises NotFound, Forbidden."""
    case = find_case(services, actor, comment_id)
    with services.read() as session:
        site = reached(session, "viewer")[case.site]
        tools = find_tools(session, site, actor, case) if actor.can("moderator", site.id) else None
        reasons = [ReasonChoice(code, label(code), words) for code, words in reasons_of(site.settings).items()]
    last = case.decisions[-1] if case.decisions else None
    by_person = last is not None and last.by.kind in (ActorKind.MODERATOR, ActorKind.API_KEY)
    texts = {version.n: version.text for version in case.versions}
    other_is_up = case.published_version is not None and texts.get(case.published_version) != case.text
    return CaseView(
        case=case,
        notes=notes({"name": case.author.name, "text": case.text, "website": case.author.website or ""}, case.findings),
        reasons=reasons,
        may_decide=actor.can("moderator", site.id) and case.status not in (Status.WITHDRAWN, Status.ERASED),
        passes_leases=actor.can("admin", site.id),
        is_admin=actor.can("admin", site.id),
        undoable=last if by_person and last is not None and last.action not in ("undo", "keep") else None,
        published_text=texts.get(case.published_version or 0) if other_is_up else None,
        severe=severe(case.findings),
        decisions=list(reversed(case.decisions)),
        tools=tools,
    )


def find_done(services: Services, actor: Actor, decision_id: str) -> tuple[DecisionView, str] | None:
    """The decision that was just made, and what it was about; None for one that is not theirs to see."""
    with services.read() as session:
        decision = session.get(Decision, decision_id)
        if decision is None or not actor.can("viewer", decision.site_id):
            return None
        comment = session.get_one(Comment, decision.comment_id)
        return decision_view(decision, names_of(session, {decision.actor_id or ""})), comment.name


def severe(findings: Sequence[FindingView]) -> bool:
    """Whether what the rules found is hard to read: threats, and words that the policy lets nobody say."""
    return any(
        found.rule in SEVERE and not (found.observe or found.doubtful or found.could_not_check) for found in findings
    )


def excerpt(text: str) -> str:
    """The beginning of a text on one line."""
    line = " ".join(text[: EXCERPT * 2].split())
    return line if len(line) <= EXCERPT else line[:EXCERPT].rstrip() + "…"


def numbers_of(session: Session, site_ids: list[str]) -> Numbers:
    """What waits on these sites, and since when."""
    waiting = count_queue(session, QueueFilter(site_ids=site_ids, status=Status.PENDING))
    oldest = [session.scalar(oldest_pending(some)) for some in _some_sites(site_ids)] if waiting else []
    return Numbers(waiting, min((at for at in oldest if at is not None), default=None))


def _some_sites(site_ids: Sequence[str]) -> list[Sequence[str]]:
    return [site_ids[start : start + SITES_AT_ONCE] for start in range(0, len(site_ids), SITES_AT_ONCE)]


def _decided(
    services: Services, session: Session, actor: Actor, place: DeskLocation, sites: Mapping[str, Site]
) -> list[ListEntry]:
    since = services.clock.now() - RECENT
    ids: list[str] = []
    for some in _some_sites(list(sites)):
        ids += _decided_ids(session, some, TABS[place.tab], since, place.q)
    found = session.execute(decision_rows(sorted(ids, reverse=True)[:PAGE_SIZE])).all()
    rows: list[Row] = [(comment, version, thread) for _, comment, version, thread in found]
    names = names_of(session, {decision.actor_id or "" for decision, _, _, _ in found})
    return [
        list_entry(item, decision_view(decision, names))
        for item, (decision, _, _, _) in zip(items(services, session, rows, sites, actor), found, strict=True)
    ]


def _decided_ids(session: Session, site_ids: Sequence[str], status: Status, since: datetime, q: str) -> Sequence[str]:
    sqlite = on_sqlite(session)
    if not q:
        return session.scalars(decided_lately(site_ids, status, since, PAGE_SIZE, sqlite=sqlite)).all()
    if Search(q, sqlite=sqlite).hopeless:
        return []
    # As `listing` finds a page of a search: a short walk, unless few say it; all that say it; a long walk.
    walks: Sequence[int | None] = (WALK_MOST, None) if sqlite or _soon_met(session, site_ids, status, q) else (None,)
    ids: Sequence[str] = []
    for walk in walks:
        most = TOTAL_MOST if walk is None else min(LOOKED_UP_MOST, TOTAL_MOST)
        if sqlite or walk is None:
            found = session.execute(
                gathered_lately(site_ids, status, since, PAGE_SIZE, q, most=most, sqlite=sqlite)
            ).all()
            if found[0][0] <= most:
                return [row[1] for row in found if row[1] is not None]
        ids = session.scalars(decided_lately(site_ids, status, since, PAGE_SIZE, q, walk=walk, sqlite=sqlite)).all()
        if len(ids) == PAGE_SIZE:
            break
    return ids


def _soon_met(session: Session, site_ids: Sequence[str], status: Status, q: str) -> bool:
    """Whether by PostgreSQL's statistics a short walk meets a page of what says `q`. They guess too low rather than too
    high, and to gather for nothing costs twice as much."""
    fits, passed = (expected_rows(session, query) for query in lately_guessed(site_ids, status, q))
    return PAGE_SIZE * passed <= 2 * WALK_MOST * fits


def list_entry(item: QueueItem, decision: DecisionView | None = None) -> ListEntry:
    """The comment's line."""
    # A rule that could not run is told only where a person has to look because of it.
    telling = (found for found in item.findings if found.verdict or not found.could_not_check)
    named = {words.chip(found): found for found in telling if not found.observe}
    chips = sorted(named.values(), key=lambda found: -found.score)
    return ListEntry(item, excerpt(item.text), chips[:CHIPS], max(0, len(chips) - CHIPS), decision)
