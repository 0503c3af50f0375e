"""Investigate: what a query finds over time, what of it is most, and one decision for all that match."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response as AnyResponse

from models import Site
from models.comment import JUDGED
from moderation_rules.registry import BY_NAME
from service.accounts.access import Actor, current_actor, open_to
from service.desk import wording
from service.desk.overview.asking import DAY, PERIODS, Asking
from service.desk.overview.chart import Chart, draw
from service.desk.overview.investigation import Findings, Rank, investigate
from service.desk.overview.slice_counts import EXTENSION, SliceCounts
from service.desk.policy.job_api import counted
from service.desk.policy.types import BulkAnswer
from service.desk.queue.items import pseudonym
from service.desk.queue.lists.sections import as_kept, offered
from service.desk.queue.lists.wording import TABS
from service.desk.requests import number_field
from service.desk.site_access import reached, reached_site, sites_asked
from service.errors import FieldError, Invalid
from service.localization import gettext, ngettext
from service.localization import noop as N_
from service.localization.formats import day_of_year, decimal, signed, time_of_day
from service.moderation.jobs import repair
from service.moderation.reasons import label, reasons_of
from service.statement_limits import TookTooLong, stop_with_client
from service.wiring import current_services

investigate_pages = Blueprint("investigate_pages", __name__, url_prefix="/moderate/investigate")

# What may be done to all that match: what it is called, and what the button says that does it.
ALL_AT_ONCE: Mapping[str, tuple[str, str]] = {
    "approve": (N_("Approve all that match"), N_("Approve all")),
    "reject": (N_("Reject all that match"), N_("Reject all")),
    "spam": (N_("Mark all that match as spam"), N_("All spam")),
    "rejudge": (N_("Judge all that match anew by the policy in force"), N_("Judge all anew")),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a top ten: what it is called, where it leads ("" for nowhere), and its two numbers."""

    called: str
    where: str
    now: int
    before: int

    @property
    def change(self) -> str:
        """Against the period before, in words."""
        if not self.before:
            return gettext("new")
        if self.now == self.before:
            return gettext("the same")
        if self.now >= 2 * self.before:
            return gettext("%(times)s times", times=decimal(self.now / self.before))
        change = round((self.now - self.before) / self.before * 100)
        return gettext("%(n)s%%", n=signed(change).replace("-", "−"))


@dataclass(frozen=True, slots=True)
class Top:
    name: str
    head: str
    lines: list[Line]
    none: str


@investigate_pages.record_once
def remember_counts(state: BlueprintSetupState) -> None:
    state.app.extensions[EXTENSION] = SliceCounts()


@investigate_pages.get("")
@open_to("viewer")
def page() -> str | tuple[str, int] | AnyResponse:
    # Whoever leaves the page does not wait for it any more.
    stop_with_client()
    asking = Asking.of_fields(request.args)
    kept = as_kept(_sections(asking), asking.section) if asking.section else ""
    return _page(asking) if kept == asking.section else redirect(asking.link(section=kept), 303)


@investigate_pages.post("")
@open_to("moderator")
def act() -> Any:
    """Counts what one decision for all that match would do; with `go` it is begun."""
    asking, services, actor = Asking.of_fields(request.form), current_services(), current_actor()
    action, moment = request.form.get("action", ""), _moment()
    if action not in ALL_AT_ONCE:
        raise Invalid(errors=[FieldError("action", "unknown_value", "There is no such decision.")])
    site = reached_site(asking.site or _only_site(actor), "moderator")
    with services.read() as session:
        asking.comments(session, {site.id: site})
    scope, wanted = asking.scope(moment), repair.Repair(action)
    reason = request.form.get("reason", "")[:40] or None if action == "reject" else None
    if request.form.get("go"):
        job = repair.begin(services, actor, site, scope, wanted, reason, as_of=request.form.get("as_of", "")[:26])
        return _to_job(site, job.id)
    found = counted(services, actor, site, scope, wanted)
    return _page(asking, counts=found, action=action, moment=moment)


def _sections(asking: Asking) -> list[str]:
    with current_services().read() as session:
        return offered(session, sites_asked(session, asking.site, "viewer"))


def _to_job(site: Site, job_id: str) -> AnyResponse:
    return redirect(f"/moderate/sites/{site.slug}/jobs/{job_id}", 303)


def _page(
    asking: Asking, *, counts: BulkAnswer | None = None, action: str = "", moment: datetime | None = None
) -> str | tuple[str, int]:
    """`counts`: of what the action would do; without it, what the query finds."""
    services, actor = current_services(), current_actor()
    now = moment or services.clock.now()
    found: Findings | None = None
    trouble, code = "", 200
    with services.read() as session:
        sites = sites_asked(session, asking.site, "viewer")
        every = list(reached(session, "viewer").values())
    if counts is None:
        try:
            with services.read() as session:
                wanted = asking.comments(session, sites)
                kept: SliceCounts = current_app.extensions[EXTENSION]
                found = investigate(session, wanted, asking.period_at(now), now, kept) if wanted else None
        except TookTooLong as slow:
            trouble, code = gettext("This takes too long. Ask for a shorter period or one site."), slow.status
    acted = [site for site in sites.values() if actor.can("moderator", site.id)] if len(sites) == 1 else []
    text = render_template(
        "desk/investigate.html",
        actor=actor,
        asking=asking,
        sites=every,
        sections=_sections(asking),
        rules=sorted(BY_NAME.values(), key=lambda rule: wording.rule_name(rule.name)),
        periods=PERIODS,
        filters=TABS,
        statuses=[(status.value, wording.STATUS[status]) for status in JUDGED],
        found=found,
        trouble=trouble,
        charts=_charts(found) if found else [],
        labels=found and _labels(found),
        tops=_tops(asking, found, sites) if found else [],
        acted=acted[0] if acted else None,
        actions=ALL_AT_ONCE,
        action=action,
        counts=counts,
        moment=int(now.timestamp()),
        verdicts=wording.VERDICTS,
        reasons=[(code, label(code)) for code in reasons_of(acted[0].settings)] if acted else [],
    )
    return (text, code) if code != 200 else text


def _charts(found: Findings) -> list[tuple[str, Chart]]:
    """The same for a wide window and for a phone, of which the style sheet shows one."""
    labels = _labels(found)
    return [("wide", draw(found.counts, labels)), ("narrow", draw(found.counts, labels, narrow=True))]


def _labels(found: Findings) -> list[str]:
    """When each step begins, in UTC."""
    period = found.period
    if period.step >= DAY:
        return [day_of_year(at, short=True) for at in period.steps]
    if len(period.steps) > 24:
        return [f"{day_of_year(at, short=True)} {time_of_day(at)}" for at in period.steps]
    return [time_of_day(at) for at in period.steps]


def _tops(asking: Asking, found: Findings, sites: Mapping[str, Site]) -> list[Top]:
    def thread(rank: Rank) -> Line:
        key, title, site_id = found.named[rank.key]
        slug = sites[site_id].slug if site_id in sites else asking.site
        return _line(rank, title or key, asking.link(site=slug, thread=(key,)))

    def network(n: int, rank: Rank) -> Line:
        # A letter of this page alone: nothing of the network is in it, and nothing can be found by it.
        return _line(rank, gettext("Network %(letter)s", letter="ABCDEFGHIJ"[n]), "")

    return [
        Top(
            "rules",
            gettext("Rule"),
            [_line(rank, wording.rule_name(rank.key), asking.link(rule=rank.key)) for rank in found.rules],
            gettext("No rule found anything."),
        ),
        Top(
            "sections",
            gettext("Section"),
            [_line(rank, rank.key, asking.link(section=rank.key)) for rank in found.sections],
            gettext("None of them is in a section."),
        ),
        Top("threads", gettext("Story"), [thread(rank) for rank in found.threads], gettext("None.")),
        Top(
            "networks",
            gettext("Network"),
            [network(n, rank) for n, rank in enumerate(found.networks)],
            gettext("No network is known of them."),
        ),
        Top(
            "writers",
            gettext("Writer"),
            [_line(rank, pseudonym(rank.key), asking.link(writer=rank.example)) for rank in found.writers],
            gettext("None."),
        ),
    ]


def _line(rank: Rank, called: str, where: str) -> Line:
    return Line(called, where, rank.now, rank.before)


def _only_site(actor: Actor) -> str:
    """The slug of the one site that somebody reaches. Raises Invalid where there are several."""
    with current_services().read() as session:
        slugs: Sequence[str] = list(reached(session, "viewer", actor))
    if len(slugs) != 1:
        raise Invalid(errors=[FieldError("site", "missing", gettext("Choose one site first."))])
    return slugs[0]


# No period that ends before this year is looked at: ids know no time before 1970.
EARLIEST = 2000


def _moment() -> datetime:
    """When the page was drawn whose period is meant; never later than now, and now for a time before there was any."""
    now = current_services().clock.now()
    found = number_field(request.form, "moment", 10**11 - 1)
    if found is None:
        return now
    asked = datetime.fromtimestamp(found, UTC)
    return min(now, asked) if asked.year >= EARLIEST else now


@investigate_pages.context_processor
def say_counts() -> dict[str, object]:
    return {"comments": lambda n: ngettext("%(num)s comment", "%(num)s comments", n)}
