"""Rows into what a moderator sees: a page of comments costs the same few queries as one comment."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from models import ActorKind, Comment, CommentVersion, Decision, Site, Status, Thread
from models.queries.comments import chain_counts, cluster_sizes, holds_of, seeds_of
from moderation_rules.language.tags import UNDETERMINED
from moderation_rules.unsaid_holds import MODE
from service.accounts.access import Actor
from service.desk.actor_names import names_of_moderators
from service.desk.complaints.views import reported_now
from service.desk.findings.address_bans import message_seen
from service.desk.set_aside.views import aside_now
from service.desk.types import (
    FindingView,
    History,
    LeaseView,
    QueueItem,
    ReportedNow,
    SetAsideView,
    ThreadView,
    WriterView,
)
from service.localization import gettext
from service.localization import noop as N_
from service.markup import up_to_date
from service.moderation.holds.unsaid import NOT_KEPT, finding_of
from service.moderation.listed import LANGUAGE
from service.moderation.moves import last_judgement
from service.queue import backlog
from service.wiring import Services

Row = tuple[Comment, CommentVersion, Thread]

# A key's lease, or that of a moderator who is no longer there.
SOMEBODY = N_("Somebody")


class _Judged(NamedTuple):
    """`hold`: what was found by whoever put it back to wait after that judgement."""

    judgement: Decision | None = None
    hold: Sequence[Mapping[str, Any]] = ()

    @property
    def findings(self) -> list[Mapping[str, Any]]:
        return [*(self.judgement.findings if self.judgement else ()), *self.hold]


def items(
    services: Services, session: Session, rows: Sequence[Row], sites: Mapping[str, Site], actor: Actor
) -> list[QueueItem]:
    """Comments as the queue shows them, in the order of `rows`."""
    judged = _judgements(session, rows)
    histories = _histories(session, rows)
    seeds = dict(session.execute(seeds_of({row[0].chain_id for row in rows})).all())
    leases = _leases(services, session, [comment for comment, _, _ in rows], actor)
    reported = reported_now(session, [comment for comment, _, _ in rows])
    aside = aside_now(session, [comment.id for comment, _, _ in rows], actor, services.clock.now())
    sizes = dict(session.execute(cluster_sizes({_cluster(row[0]) for row in rows})).all())
    return [
        _item(
            row,
            sites[row[0].site_id],
            judged.get(row[0].id, _Judged()),
            histories.get(row[0].id, History()),
            seeds.get(row[0].chain_id, ""),
            leases.get(row[0].id),
            sizes.get(_cluster(row[0]), 0),
            aside.get(row[0].id),
            reported.get(row[0].id),
        )
        for row in rows
    ]


def _cluster(comment: Comment) -> str:
    """The id of the first of its near copies: its own, if that is the first or there are none."""
    return comment.copy_of or comment.id


def _item(
    row: Row,
    site: Site,
    judged: _Judged,
    history: History,
    seed: str,
    lease: LeaseView | None,
    copies: int,
    aside: SetAsideView | None,
    reported: ReportedNow | None,
) -> QueueItem:
    comment, version, thread = row
    judgement = judged.judgement
    return QueueItem(
        id=comment.id,
        revision=comment.revision,
        edit_of=version.n - 1 if version.n > 1 else None,
        site=site.slug,
        thread=thread_view(thread, comment),
        parent_id=comment.parent_id,
        author=WriterView(
            name=comment.name,
            website=comment.website,
            avatar=seed,
            badge=comment.badge,
            pseudonym=pseudonym(comment.chain_id),
            proven=comment.proven is not None,
            proof=comment.proven,
        ),
        text=version.text,
        html=up_to_date(version.text, version.html, version.renderer),
        language=_language(judgement) if judgement else None,
        status=comment.status,
        created_at=comment.created_at,
        edited_at=comment.edited_at,
        findings=finding_views(judged.findings),
        policy_version=judgement.policy_version or judgement.facts.get("policy_version") if judgement else None,
        lease=lease,
        history=history,
        reviewed=comment.reviewed_at is not None,
        dead=comment.dead_at is not None,
        cluster=_cluster(comment) if copies else None,
        copies=copies,
        set_aside=aside,
        reported=reported,
        appealed_at=comment.appealed_at,
    )


def _language(judgement: Decision) -> str | None:
    found = judgement.facts.get(LANGUAGE)
    return None if found in (None, UNDETERMINED) else str(found)


def thread_view(thread: Thread, comment: Comment) -> ThreadView:
    """The comment's thread; of one that readers know nothing of yet, what this comment's own post said of its page."""
    url, title = thread.page_for(comment.page_url, comment.page_title)
    return ThreadView(
        key=thread.key,
        title=title,
        url=url,
        section=thread.section,
        tags=list(thread.tags),
        language=thread.language,
        mode=thread.mode,
        state=thread.state,
        verified=thread.verified,
        banner=thread.banner,
        questions=thread.questions,
    )


def pseudonym(chain_id: str) -> str:
    """Four letters of the writer chain's random id: enough to recognise somebody on a page, nothing to look up."""
    return chain_id[-4:]


def finding_views(findings: Iterable[Mapping[str, Any]]) -> list[FindingView]:
    """Findings as a decision keeps them, in the shape that the API promises."""
    return [
        FindingView(
            rule=str(found["rule"]),
            version=int(found.get("version") or 1),
            score=float(found.get("score") or 0.0),
            field=found.get("field"),
            start=found.get("start"),
            end=found.get("end"),
            message=message_seen(str(found["rule"]), str(found.get("message") or "")),
            verdict=found.get("verdict"),
            observe=bool(found.get("observe")),
            could_not_check=bool(found.get("could_not_check")),
            doubtful=bool(found.get("doubtful")),
        )
        for found in findings
    ]


def _judgements(session: Session, rows: Sequence[Row]) -> dict[str, _Judged]:
    """The last judgement of the text that stands now, and why it waits where that does not say so.

    One of an earlier text says nothing about it.
    """
    versions = {comment.id: version.n for comment, version, _ in rows}
    waits = {comment.id for comment, _, _ in rows if comment.status is Status.PENDING}
    decisions: dict[str, list[Decision]] = {}
    for decision in session.scalars(holds_of(versions)) if versions else ():
        decisions.setdefault(decision.comment_id, []).append(decision)
    judged: dict[str, _Judged] = {}
    for comment_id, version in versions.items():
        theirs = decisions.get(comment_id, [])
        found = _Judged(last_judgement(theirs, version), _put_back_by(theirs) if comment_id in waits else ())
        if comment_id in waits and not found.findings:
            found = found._replace(hold=[finding_of(MODE, NOT_KEPT)])
        judged[comment_id] = found
    return judged


def _put_back_by(decisions: Sequence[Decision]) -> Sequence[Mapping[str, Any]]:
    """What was found by the last one of these, oldest first, that put it back to wait since a policy has judged it."""
    hold: Sequence[Mapping[str, Any]] = ()
    for decision in decisions:
        if decision.actor_kind is ActorKind.POLICY:
            hold = ()
        elif decision.to_status is Status.PENDING and decision.from_status is not Status.PENDING:
            hold = decision.findings
    return hold


def _histories(session: Session, rows: Sequence[Row]) -> dict[str, History]:
    """What became of each writer's other comments."""
    chain_ids = {comment.chain_id for comment, _, _ in rows}
    if not chain_ids:
        return {}
    counts: dict[str, dict[Status, int]] = {}
    for chain_id, status, count in session.execute(chain_counts(chain_ids)):
        counts.setdefault(chain_id, {})[status] = count
    found: dict[str, History] = {}
    for comment, _, _ in rows:
        others = {
            status: count - (status is comment.status) for status, count in counts.get(comment.chain_id, {}).items()
        }
        found[comment.id] = History(
            approved=others.get(Status.APPROVED, 0),
            rejected=others.get(Status.REJECTED, 0),
            spam=others.get(Status.SPAM, 0),
            pending=others.get(Status.PENDING, 0),
        )
    return found


def _leases(services: Services, session: Session, comments: Sequence[Comment], actor: Actor) -> dict[str, LeaseView]:
    by_site: dict[str, list[str]] = {}
    for comment in comments:
        by_site.setdefault(comment.site_id, []).append(comment.id)
    held: dict[str, backlog.Holder] = {}
    for site_id, comment_ids in by_site.items():
        held |= backlog.holders(services.redis, site_id, comment_ids)
    names = names_of_moderators(session, {holder.moderator_id for holder in held.values()})
    return {
        comment_id: LeaseView(
            by=names.get(holder.moderator_id) or gettext(SOMEBODY),
            mine=holder.moderator_id == actor.id,
            until=holder.until,
        )
        for comment_id, holder in held.items()
    }
