"""What else is known of a comment: what people decided on the same text, and what was done about it and its writer."""

from sqlalchemy.orm import Session

from models import ActorKind, Comment
from models.queries.surroundings import bans_of_writer, decided_alike, told_of
from service.accounts.access import Actor
from service.desk.actor_names import names_of_moderators
from service.desk.surroundings.types import AlikeView, NoteworthyView, SaidWrongView
from service.desk.types import By
from service.moderation.policies.wrong_findings import said_of

MOST_ALIKE = 5
MOST_TOLD = 20


def decided_on_same_text(session: Session, actor: Actor, comment: Comment) -> list[AlikeView]:
    """What people decided on the same text, newest first, as far as it still stands."""
    rows = session.execute(decided_alike(comment, MOST_ALIKE)).all()
    names = names_of_moderators(session, {decision.actor_id or "" for decision, _ in rows})
    return [
        AlikeView(
            comment_id=decision.comment_id,
            action=decision.action,
            by=By(decision.actor_kind, names.get(decision.actor_id or "")),
            mine=decision.actor_id == actor.id,
            reason=decision.reason,
            nearly=fingerprint != comment.fingerprint,
            decided_at=decision.created_at,
        )
        for decision, fingerprint in rows
    ]


def noteworthy(session: Session, actor: Actor, comment: Comment) -> list[NoteworthyView]:
    """Reveals, revoked receipts and bans of the writer, oldest first; nothing for who only looks on."""
    if not actor.can("moderator", comment.site_id):
        return []
    entries = list(session.scalars(told_of(comment.id, MOST_TOLD)))
    bans = list(session.scalars(bans_of_writer(comment, MOST_TOLD)))
    names = names_of_moderators(
        session, {entry.actor_id or "" for entry in entries} | {ban.created_by or "" for ban in bans}
    )
    found = [
        NoteworthyView(
            action=entry.action,
            by=By(ActorKind(entry.actor_kind), names.get(entry.actor_id or "")),
            reason=str(entry.details.get("reason") or ""),
            created_at=entry.created_at,
        )
        for entry in entries
    ]
    found += [
        NoteworthyView(
            action="ban.add",
            by=By(ActorKind.MODERATOR, names.get(ban.created_by or "")),
            reason=ban.reason,
            created_at=ban.created_at,
            ban=ban.kind,
            until=ban.expires_at,
            ended_at=ban.lifted_at,
        )
        for ban in bans
    ]
    return sorted(found, key=lambda view: view.created_at)


def said_wrong(session: Session, comment: Comment) -> list[SaidWrongView]:
    """Which of its findings somebody has said to be wrong."""
    rows = [row for row in session.scalars(said_of(comment.id)) if row.version_n == comment.current_version]
    names = names_of_moderators(session, {row.actor_id or "" for row in rows})
    return [
        SaidWrongView(
            id=row.id,
            rule=row.rule,
            field=row.field,
            start=row.start,
            end=row.end,
            by=By(row.actor_kind, names.get(row.actor_id or "")),
            note=row.note,
            created_at=row.created_at,
        )
        for row in rows
    ]
