"""Rows into what a moderator sees: a page of comments costs the same few queries as one comment."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from models import Comment, CommentVersion, Decision, Site, Status, Thread
from models.queries.comments import chain_counts, cluster_sizes, judgements_of, seeds_of
from moderation_rules.language.tags import UNDETERMINED
from service.accounts.access import Actor
from service.desk.actor_names import names_of
from service.desk.findings.address_bans import message_seen
from service.desk.types import FindingView, History, LeaseView, QueueItem, ThreadView, WriterView
from service.localization import gettext
from service.localization import noop as N_
from service.markup import up_to_date
from service.moderation.listed import LANGUAGE
from service.moderation.moves import last_judgement
from service.queue import backlog
from service.wiring import Services

Row = tuple[Comment, CommentVersion, Thread]

# A key's lease, or that of a moderator who is no longer there.
SOMEBODY = N_("Somebody")


def items(
    services: Services, session: Session, rows: Sequence[Row], sites: Mapping[str, Site], actor: Actor
) -> list[QueueItem]:
    """Comments as the queue shows them, in the order of `rows`."""
    judged = _judgements(session, rows)
    histories = _histories(session, rows)
    seeds = dict(session.execute(seeds_of({row[0].chain_id for row in rows})).all())
    leases = _leases(services, session, [comment for comment, _, _ in rows], actor)
    sizes = dict(session.execute(cluster_sizes({_cluster(row[0]) for row in rows})).all())
    return [
        _item(
            row,
            sites[row[0].site_id],
            judged.get(row[0].id),
            histories.get(row[0].id, History()),
            seeds.get(row[0].chain_id, ""),
            leases.get(row[0].id),
            sizes.get(_cluster(row[0]), 0),
        )
        for row in rows
    ]


def _cluster(comment: Comment) -> str:
    """The id of the first of its near copies: its own, if that is the first or there are none."""
    return comment.copy_of or comment.id


def _item(
    row: Row, site: Site, judgement: Decision | None, history: History, seed: str, lease: LeaseView | None, copies: int
) -> QueueItem:
    comment, version, thread = row
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
        findings=finding_views(judgement.findings) if judgement else [],
        policy_version=judgement.policy_version or judgement.facts.get("policy_version") if judgement else None,
        lease=lease,
        history=history,
        reviewed=comment.reviewed_at is not None,
        dead=comment.dead_at is not None,
        cluster=_cluster(comment) if copies else None,
        copies=copies,
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


def _judgements(session: Session, rows: Sequence[Row]) -> dict[str, Decision]:
    """The last judgement of the text that stands now; one of an earlier text says nothing about it."""
    versions = {comment.id: version.n for comment, version, _ in rows}
    if not versions:
        return {}
    decisions: dict[str, list[Decision]] = {}
    for decision in session.scalars(judgements_of(versions)):
        decisions.setdefault(decision.comment_id, []).append(decision)
    found = {comment_id: last_judgement(theirs, versions[comment_id]) for comment_id, theirs in decisions.items()}
    return {comment_id: judged for comment_id, judged in found.items() if judged is not None}


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
    names = names_of(session, {holder.moderator_id for holder in held.values()})
    return {
        comment_id: LeaseView(
            by=names.get(holder.moderator_id) or gettext(SOMEBODY),
            mine=holder.moderator_id == actor.id,
            until=holder.until,
        )
        for comment_id, holder in held.items()
    }
