"""One comment with everything that a moderator may see of it; never the address."""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from models import Comment, CommentVersion, Decision, Site, WriterMessage
from models.queries.comments import latest_decisions_of, one_comment, texts_of_chain, versions_of
from service.accounts.access import Actor
from service.accounts.receipt_administration import revoked_at
from service.desk.actor_names import names_of_actors, names_of_moderators
from service.desk.complaints.views import appeal_views, reports_of
from service.desk.findings.address_bans import facts_seen, form_seen_by
from service.desk.queue.items import finding_views, items
from service.desk.queue.types import Case, EarlierView, ParentView, VersionView
from service.desk.set_aside.views import aside_before
from service.desk.site_access import comment_reached
from service.desk.surroundings.conversation import conversation_of
from service.desk.surroundings.noteworthy import decided_on_same_text, noteworthy, said_wrong
from service.desk.surroundings.redacted import redacted_since, without_words
from service.desk.types import By, DecisionView, MessageView
from service.markup import up_to_date
from service.moderation.editorial.messages import messages_to
from service.wiring import Services

EARLIER = 5
# Of a history that nobody reads to its end, the newest part.
MOST_VERSIONS = 20
MOST_DECISIONS = 100


def find_case(services: Services, actor: Actor, comment_id: str) -> Case:
    """The case of one comment. Raises NotFound, Forbidden."""
    with services.read() as session:
        row = comment_reached(session, comment_id, "viewer")
        comment = row[0]
        site = session.get_one(Site, comment.site_id)
        item = items(services, session, [row], {site.id: site}, actor)[0]
        decisions = list(session.scalars(latest_decisions_of(comment_id, MOST_DECISIONS)))[::-1]
        names = names_of_moderators(session, {decision.actor_id or "" for decision in decisions})
        since = redacted_since(session, actor, site.id, [comment_id]).get(comment_id, 0)
        shown = [decision_view(decision, names) for decision in decisions]
        return Case(
            **{name: getattr(item, name) for name in item.__struct_fields__},
            published_version=comment.published_version,
            parent=_parent(session, comment),
            versions=[
                version_view(version, withheld=version.n < since and version.n != comment.published_version)
                for version in session.scalars(versions_of(comment, MOST_VERSIONS))
            ],
            versions_total=comment.current_version,
            decisions=[without_words(one) if one.version < since else one for one in shown],
            form=form_seen_by(services, session, actor, comment),
            earlier=[
                EarlierView(other.id, version.text, other.status, other.created_at)
                for other, version in session.execute(texts_of_chain(comment.chain_id, comment_id, EARLIER))
            ],
            receipt_revoked_at=revoked_at(session, comment_id),
            conversation=conversation_of(session, comment),
            same_text=decided_on_same_text(session, actor, comment),
            noteworthy=noteworthy(session, actor, comment),
            said_wrong=said_wrong(session, comment),
            featured=comment.featured,
            pinned=comment.pinned,
            messages=message_views(session, messages_to(session, comment_id), withheld=since > 0),
            reports=reports_of(session, comment, since),
            appeals=appeal_views(session, comment, actor, since),
            times_aside=aside_before(session, comment_id, actor, services.clock.now()),
        )


def decision_view(decision: Decision, names: Mapping[str, str]) -> DecisionView:
    return DecisionView(
        id=decision.id,
        version=decision.version_n,
        revision=decision.revision,
        action=decision.action,
        from_status=decision.from_status,
        to_status=decision.to_status,
        by=By(decision.actor_kind, names.get(decision.actor_id or "")),
        reason=decision.reason,
        note=decision.note,
        policy_version=decision.policy_version,
        score=decision.score,
        findings=finding_views(decision.findings),
        facts=facts_seen(decision.facts),
        undoes=decision.undoes,
        created_at=decision.created_at,
        job=decision.job_id,
    )


def version_view(version: CommentVersion, *, withheld: bool = False) -> VersionView:
    """`withheld`: its text is not for the caller."""
    text = "" if withheld else version.text
    html = "" if withheld else up_to_date(version.text, version.html, version.renderer)
    return VersionView(version.n, text, html, version.status, version.created_at, version.redacts, withheld)


def message_views(session: Session, messages: Sequence[WriterMessage], *, withheld: bool = False) -> list[MessageView]:
    """Messages to a writer as moderators see them, with who wrote them. `withheld`: their text is not for
    the caller."""
    names = names_of_actors(session, {message.actor_id or "" for message in messages})
    return [
        MessageView(
            id=message.id,
            text="" if withheld else message.text,
            withheld=withheld,
            by=By(message.actor_kind, names.get(message.actor_id or "")),
            created_at=message.created_at,
        )
        for message in messages
    ]


def _parent(session: Session, comment: Comment) -> ParentView | None:
    if comment.parent_id is None:
        return None
    row = session.execute(one_comment(comment.parent_id)).first()
    if row is None:
        return None
    parent, version, _ = row
    return ParentView(parent.id, parent.name, version.text, parent.status, parent.created_at)
