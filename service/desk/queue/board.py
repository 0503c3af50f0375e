"""What the desk's pages show, put together from the same readings that the API answers with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import get_args

import msgspec
from sqlalchemy.orm import Session

from models import ActorKind, Comment, Decision, Site, SiteSettings, Status, Thread
from models.queries.arms import COUNTED_BESIDE
from models.queries.comments import writer_named
from models.queries.lists.decided import last_decisions
from models.queries.queue_filter import ComplaintFilter, QueueFilter
from models.queries.threads import titles_called
from models.queries.waiting import any_comment, oldest_pending, reviewed_lately
from service.accounts.access import Actor
from service.desk import wording as words
from service.desk.actor_names import names_of_actors, names_of_moderators
from service.desk.findings.highlights import MarkedFinding, notes
from service.desk.queue.case import decision_view, find_case
from service.desk.queue.listing import SITES_AT_ONCE, count_queue, narrowed, read_queue
from service.desk.queue.lists.place import ALL, TABS, WAITING, Chip, DeskLocation, chips_of
from service.desk.queue.lists.saved import SavedLocation, views_of
from service.desk.queue.lists.wording import FILTERED
from service.desk.queue.tools import Tools, find_tools
from service.desk.queue.types import Case
from service.desk.site_access import reached, sites_asked
from service.desk.surroundings.pane import Pane, find_pane
from service.desk.types import DecisionView, FindingView, QueueItem, SetAsideView
from service.moderation.reasons import OfferedReason, languages_of, offered, words_for
from service.moderation.writers.about import About, about_writer
from service.wiring import Services

# What the rules have published since then is told how much of it somebody has seen.
LATELY = timedelta(days=1)
EXCERPT = 160
CHIPS = 4
# Rules that find threats, abuse and hate.
SEVERE = frozenset({"threats", "word_list", "patterns"})


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
    """What stands at the top; of what waits see `listing.Found`. `tabs`: how many the others have, up to
    `COUNTED_BESIDE` and one; empty for a list that is narrowed further than to a site."""

    waiting: int
    oldest: datetime | None
    tabs: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """How many of what was published lately a person has looked at: of the newest `TOTAL_MOST` of a site."""

    reviewed: int
    total: int

    @property
    def percent(self) -> int:
        return self.reviewed * 100 // self.total if self.total else 100


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
    # What it is narrowed to.
    chips: list[Chip] = field(default_factory=list)
    # Of what is unreviewed: how far moderators have come.
    seen: Seen | None = None
    views: list[SavedLocation] = field(default_factory=list)

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
class CaseView:
    """One comment in the right pane."""

    case: Case
    notes: list[MarkedFinding]
    reasons: list[OfferedReason]
    # What is read by a writer who is given no reason of the list.
    other_reason: str
    writer: About
    may_decide: bool
    is_admin: bool
    # Whether the viewer may moderate here, whatever the comment is.
    moderates: bool
    pane: Pane
    # The last decision, if a person made it and it can be taken back.
    undoable: DecisionView | None
    # The text that readers see while this one waits.
    published_text: str | None = None
    # Whether it may be softened until somebody wants to read it.
    severe: bool = False
    # Whether the viewer's decision counts whoever holds a lease.
    passes_leases: bool = False
    decisions: list[DecisionView] = field(default_factory=list)
    # Who set the writer's marks, by id.
    marked_by: Mapping[str, str] = field(default_factory=dict)
    # Only for those who may use them.
    tools: Tools | None = None

    @property
    def trail(self) -> list[DecisionView | SetAsideView]:
        """Decisions, and when it was set aside; newest first."""
        return sorted([*self.decisions, *self.case.times_aside], key=lambda done: done.created_at, reverse=True)


def find_list(services: Services, actor: Actor, place: DeskLocation) -> ListView:
    """The left pane: list, total and numbers of one snapshot. Raises NotFound for a site out of reach."""
    now = services.clock.now()
    with services.read() as session:
        sites = sites_asked(session, place.site, "viewer")
        numbers = numbers_of(session, list(sites), place, now, actor)
        untouched = numbers.waiting == 0 and session.scalar(any_comment(list(sites))) is None
        found = read_queue(services, session, actor, place.asked, sites)
        entries = list_entries(session, place, found.comments)
        seen = _seen(session, list(sites), now) if place.tab == "unreviewed" else None
        titles = _titles(session, list(sites), place.thread)
        if place.writer:
            titles[place.writer] = session.scalar(writer_named(place.writer, list(sites))) or place.writer[-6:]
        views = views_of(session, actor)
    ids = {site.slug: site.id for site in sites.values()}
    return ListView(
        entries,
        numbers,
        found.total,
        found.next_cursor,
        at_least=found.total_is == "at_least",
        untouched=untouched,
        may_decide_all=bool(place.cluster)
        and any(actor.can("moderator", ids[item.site]) for item in found.comments[:1]),
        chips=chips_of(place, FILTERED, titles),
        seen=seen,
        views=views,
    )


def _titles(session: Session, site_ids: list[str], keys: Sequence[str]) -> dict[str, str]:
    """What stories are called, by key; two sites may have one of the same key each."""
    found: dict[str, list[str]] = {}
    for key, title in session.execute(titles_called(site_ids, keys)) if keys else ():
        if title and title not in found.setdefault(key, []):
            found[key].append(title)
    return {key: " / ".join(sorted(titles)) for key, titles in found.items() if titles}


def everything(actor: Actor, place: DeskLocation, sites: Sequence[Site]) -> str:
    """All that the place lists, as a repair's filter in JSON; nothing where no filter says just that."""
    slug = place.site or (sites[0].slug if len(sites) == 1 else "")
    site = next((site for site in sites if site.slug == slug), None)
    if site is None or not actor.can("moderator", site.id):
        return ""
    # By the tab and the site alone, whatever else a place may one day say.
    if replace(place, tab=WAITING, site="", order="", at="", cursor="") != DeskLocation():
        return ""
    tab = TABS[place.tab]
    if tab.filter in get_args(ComplaintFilter):
        return msgspec.json.encode({"site": slug, "filter": tab.filter}).decode()
    if tab.filter is not None or tab.status in (None, "any"):
        return ""
    return msgspec.json.encode({"site": slug, "status": tab.status}).decode()


def reasons_by_site(sites: Sequence[Site]) -> str:
    """As JSON: a site's slug -> its reasons, [code, label] each; under "" those of the sites without their own."""
    found = {"": [(reason.code, reason.label) for reason in offered(SiteSettings())]}
    for site in sites:
        if site.settings.reasons or site.settings.reason_details:
            found[site.slug] = [(reason.code, reason.label) for reason in offered(site.settings)]
    return msgspec.json.encode(found).decode()


def find_case_view(services: Services, actor: Actor, comment_id: str) -> CaseView:
    """The right pane. Raises NotFound, Forbidden."""
    case = find_case(services, actor, comment_id)
    with services.read() as session:
        site = reached(session, "viewer")[case.site]
        tools = find_tools(session, site, actor, case) if actor.can("moderator", site.id) else None
        texts = {version.n: version.text for version in case.versions if not version.withheld}
        now = services.clock.now()
        pane = find_pane(session, site, case, case.decisions, texts, case.published_version, now)
        comment = session.get_one(Comment, comment_id)
        languages = languages_of(comment, session.get_one(Thread, comment.thread_id), site.settings)
        writer = about_writer(session, site, comment, now)
        marked_by = names_of_actors(session, {mark.created_by or "" for mark in writer.marks})
    last = case.decisions[-1] if case.decisions else None
    by_person = last is not None and last.by.kind in (ActorKind.MODERATOR, ActorKind.API_KEY)
    other_is_up = case.published_version is not None and texts.get(case.published_version) != case.text
    return CaseView(
        case=case,
        notes=notes({"name": case.author.name, "text": case.text, "website": case.author.website or ""}, case.findings),
        reasons=offered(site.settings, languages),
        other_reason=words_for(site.settings, None, languages),
        writer=writer,
        may_decide=actor.can("moderator", site.id) and case.status not in (Status.WITHDRAWN, Status.ERASED),
        passes_leases=actor.can("admin", site.id),
        is_admin=actor.can("admin", site.id),
        moderates=actor.can("moderator", site.id),
        pane=pane,
        undoable=last if by_person and last is not None and last.action not in ("undo", "keep") else None,
        published_text=texts.get(case.published_version or 0) if other_is_up else None,
        severe=severe(case.findings),
        decisions=list(reversed(case.decisions)),
        marked_by=marked_by,
        tools=tools,
    )


def find_done(services: Services, actor: Actor, decision_id: str) -> tuple[DecisionView, str] | None:
    """The decision that was just made, and what it was about; None for one that is not theirs to see."""
    with services.read() as session:
        decision = session.get(Decision, decision_id)
        if decision is None or not actor.can("viewer", decision.site_id):
            return None
        comment = session.get_one(Comment, decision.comment_id)
        return decision_view(decision, names_of_moderators(session, {decision.actor_id or ""})), comment.name


def severe(findings: Sequence[FindingView]) -> bool:
    """Whether what the rules found is hard to read: threats, and words that the policy lets nobody say."""
    return any(
        found.rule in SEVERE and not (found.observe or found.doubtful or found.could_not_check) for found in findings
    )


def excerpt(text: str) -> str:
    """The beginning of a text on one line."""
    line = " ".join(text[: EXCERPT * 2].split())
    return line if len(line) <= EXCERPT else line[:EXCERPT].rstrip() + "…"


def numbers_of(session: Session, site_ids: list[str], place: DeskLocation, now: datetime, actor: Actor) -> Numbers:
    """What waits on these sites, and since when; what stands on the other tabs."""
    waiting = count_queue(session, QueueFilter(site_ids=site_ids, status=Status.PENDING))
    oldest = [session.scalar(oldest_pending(some)) for some in _some_sites(site_ids)] if waiting else []
    tabs = {}
    for name in TABS:
        # What a list that is narrowed further has on other tabs, nobody counts before it is asked for.
        if name in (WAITING, ALL) or place.filtered:
            continue
        asked = narrowed(DeskLocation(tab=name, site=place.site).asked, site_ids, now, actor.id)
        tabs[name] = count_queue(session, asked, COUNTED_BESIDE)
    return Numbers(waiting, min((at for at in oldest if at is not None), default=None), tabs)


def _some_sites(site_ids: Sequence[str]) -> list[Sequence[str]]:
    return [site_ids[start : start + SITES_AT_ONCE] for start in range(0, len(site_ids), SITES_AT_ONCE)]


def _seen(session: Session, site_ids: list[str], now: datetime) -> Seen:
    total = reviewed = 0
    for some in _some_sites(site_ids):
        found, looked_at = session.execute(reviewed_lately(some, now - LATELY)).one()
        total, reviewed = total + found, reviewed + looked_at
    return Seen(reviewed, total)


def list_entries(session: Session, place: DeskLocation, shown: Sequence[QueueItem]) -> list[ListEntry]:
    """Their lines at this place, in this order."""
    decisions = {} if place.tab == WAITING else _decisions(session, shown)
    return [_entry(item, decisions.get(item.id)) for item in shown]


def _decisions(session: Session, shown: Sequence[QueueItem]) -> dict[str, DecisionView]:
    """The last decision about each; of what waits it says nothing that the findings don't."""
    ids = [item.id for item in shown if item.status is not Status.PENDING]
    found = list(session.scalars(last_decisions(ids))) if ids else []
    names = names_of_moderators(session, {decision.actor_id or "" for decision in found})
    return {decision.comment_id: decision_view(decision, names) for decision in found}


def _entry(item: QueueItem, decision: DecisionView | None = None) -> ListEntry:
    # A rule that could not run is told only where a person has to look because of it.
    telling = (found for found in item.findings if found.verdict or not found.could_not_check)
    named = {words.chip(found): found for found in telling if not found.observe}
    chips = sorted(named.values(), key=lambda found: -found.score)
    return ListEntry(item, excerpt(item.text), chips[:CHIPS], max(0, len(chips) - CHIPS), decision)
