"""Mails that a move asks for: rows in the move's own transaction, which the sender finds after the commit."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, delete, insert, or_, select
from sqlalchemy.orm import Session, aliased

from models import (
    AddressPurpose,
    AddressRecord,
    Comment,
    Decision,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Job,
    ProofMethod,
    ReplyMail,
    Status,
    new_id,
)
from models.database.prepared import Prepared
from models.delivery import UNPROVEN
from service.moderation.moves import Move, Standing
from service.privacy.chains import address_takes_mail

# What a receipt or login has proven needs no link, but the address beside it does before mail goes there.
WANTS_PROOF = and_(
    Comment.disowned_at.is_(None),
    or_(
        and_(Comment.proven.is_(None), or_(Comment.wants_confirm, Comment.wants_notify, Comment.wants_replies)),
        and_(Comment.proven != ProofMethod.LINK, or_(Comment.wants_notify, Comment.wants_replies)),
    ),
)
_IDS: Any = bindparam("ids", expanding=True)
_MAILED = select(Delivery.comment_id).where(Delivery.comment_id.in_(_IDS))
_GIVEN = aliased(AddressRecord)
_OF_COMMENT = select(_GIVEN.exact_index).where(
    _GIVEN.owner_id == Comment.id, _GIVEN.purpose == AddressPurpose.SUBMISSION
)
_TAKES_MAIL = select(Comment.id).where(
    Comment.id.in_(_IDS), Comment.proven.is_not(None), address_takes_mail(_OF_COMMENT.correlate(Comment))
)
_ANSWERED = aliased(Comment)
_NEWS = and_(Comment.wants_notify, Comment.proven.is_not(None))
# Who hears of a comment: its own writer, and whoever it answers. What is the writer's own is found out when it is sent.
_WANT_NEWS = Prepared(
    select(Comment.id, Comment.chain_id, _NEWS, _ANSWERED.id)
    .outerjoin(
        _ANSWERED,
        and_(
            _ANSWERED.id == Comment.parent_id,
            _ANSWERED.wants_replies,
            _ANSWERED.proven.is_not(None),
            _ANSWERED.chain_id != Comment.chain_id,
        ),
    )
    .where(Comment.id.in_(_IDS), or_(_NEWS, _ANSWERED.id.is_not(None)))
    .order_by(Comment.id)
)
# Of what came up before its writer had confirmed the address: the newest.
_MOST_EARLIER = 500
_INSERT = insert(Delivery.__table__)  # type: ignore[arg-type]
_INSERT_REPLY_MAILS = insert(ReplyMail.__table__)  # type: ignore[arg-type]


class _Appeared(NamedTuple):
    """A comment that is up for the first time: its chain, whether its writer wants to hear of it, and whom it answers
    that wants to, by the id of their comment."""

    standing: Standing
    chain_id: str
    wanted: bool
    answered: str | None


def request_mails(session: Session, moves: Sequence[Move], now: datetime) -> None:
    """What writers asked for: a mail that proves the comment, one when it is up, and one when it is answered."""
    _ask_for_proof(session, moves, now)
    _bring_news(session, moves, now)


def tell_earlier_replies(session: Session, comment: Comment, now: datetime) -> bool:
    """What was answered before the address was confirmed is told now that it is, if its writer asked to hear of
    replies; whether there is any."""
    if not comment.wants_replies or comment.proven is None:
        return False
    # Of a comment that a receipt or login had proven: mails that could not go to an address nobody had confirmed.
    session.execute(delete(ReplyMail).where(ReplyMail.comment_id == comment.id, ReplyMail.outcome == UNPROVEN))
    told = select(ReplyMail.id).where(ReplyMail.comment_id == comment.id, ReplyMail.reply_id == Comment.id)
    found = session.scalars(
        select(Comment.id)
        .where(
            Comment.parent_id == comment.id,
            Comment.published_version.is_not(None),
            Comment.chain_id != comment.chain_id,
            ~told.exists(),
        )
        .order_by(Comment.id.desc())
        .limit(_MOST_EARLIER)
    )
    rows = [_reply_mail_row(comment, reply_id, comment.id, now) for reply_id in reversed(found.all())]
    if rows:
        session.connection().execute(_INSERT_REPLY_MAILS, rows)
    return bool(rows)


def asks_for_proof(move: Move) -> bool:
    """Whether its writer gets the mail they asked for: never for what was judged spam or rejected."""
    return move.standing.wants_proof and move.after.version_status in (Status.PENDING, Status.APPROVED)


def bring_news_once(session: Session, job: Job, moves: Sequence[Move], now: datetime) -> int:
    """One mail a writer and job, however many of their comments it brings up for the first time; how many mails.

    Nobody hears that something was taken down by the thousand, and nobody is asked to prove anything.
    """
    by_chain: dict[str, str] = {}
    appeared = _appeared(session, moves)
    _request_reply_mails(session, appeared, now)
    for comment_id, chain_id in _asked_for_news(appeared).items():
        by_chain.setdefault(chain_id, comment_id)
    if not by_chain:
        return 0
    told = set(
        session.scalars(
            select(Comment.chain_id)
            .join(Delivery, Delivery.comment_id == Comment.id)
            .join(Decision, Decision.comment_id == Comment.id)
            .where(
                Comment.chain_id.in_(by_chain),
                Decision.job_id == job.id,
                Delivery.kind == DeliveryKind.DECIDED,
                Delivery.created_at >= job.created_at,
            )
        )
    )
    untold = [comment_id for chain_id, comment_id in by_chain.items() if chain_id not in told]
    _request(session, [delivery_row(job.site_id, comment_id, DeliveryKind.DECIDED, now) for comment_id in untold])
    return len(untold)


def delivery_row(site_id: str, comment_id: str, kind: DeliveryKind, now: datetime) -> dict[str, Any]:
    """The columns of a mail that is to be sent at once."""
    return {
        "id": new_id(),
        "site_id": site_id,
        "comment_id": comment_id,
        "kind": kind,
        "state": DeliveryState.WAITING,
        "attempts": 0,
        "next_at": now,
        "created_at": now,
    }


def _ask_for_proof(session: Session, moves: Sequence[Move], now: datetime) -> None:
    wanted = [move.standing for move in moves if asks_for_proof(move)]
    if not wanted:
        return
    ids = [standing.id for standing in wanted]
    # One mail a comment: later moves of the same comment don't ask again.
    mailed = {*session.scalars(_MAILED, {"ids": ids}), *session.scalars(_TAKES_MAIL, {"ids": ids})}
    _request(
        session,
        [
            delivery_row(standing.site_id, standing.id, DeliveryKind.CONFIRM, now)
            for standing in wanted
            if standing.id not in mailed
        ],
    )


def _bring_news(session: Session, moves: Sequence[Move], now: datetime) -> None:
    """A mail for proven writers who asked to hear that their comment is up; once, at its first appearance."""
    appeared = _appeared(session, moves)
    _request_reply_mails(session, appeared, now)
    asked = _asked_for_news(appeared)
    _request(
        session,
        [
            delivery_row(move.standing.site_id, move.standing.id, DeliveryKind.DECIDED, now)
            for move in moves
            if move.standing.id in asked
        ],
    )


def _appeared(session: Session, moves: Sequence[Move]) -> Sequence[_Appeared]:
    """Of the comments that are up for the first time, those whose writer or whose parent's asked to hear of it."""
    first = {move.standing.id: move.standing for move in moves if move.first_appearance}
    if not first:
        return []
    found = _WANT_NEWS.found(session, {"ids": first})
    return [_Appeared(first[comment_id], *row) for comment_id, *row in found]


def _request_reply_mails(session: Session, appeared: Sequence[_Appeared], now: datetime) -> None:
    """For who asked to hear of replies: several that come together make one mail, when it is sent."""
    rows = [_reply_mail_row(one.standing, one.standing.id, one.answered, now) for one in appeared if one.answered]
    if rows:
        session.connection().execute(_INSERT_REPLY_MAILS, rows)


def _asked_for_news(appeared: Sequence[_Appeared]) -> dict[str, str]:
    """Comment id -> chain, of those whose proven writers asked to hear that they are up."""
    return {one.standing.id: one.chain_id for one in appeared if one.wanted}


def _reply_mail_row(beside: Standing | Comment, reply_id: str, answered: str, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "site_id": beside.site_id,
        "thread_id": beside.thread_id,
        "comment_id": answered,
        "reply_id": reply_id,
        "state": DeliveryState.WAITING,
        "attempts": 0,
        "next_at": now,
        "created_at": now,
    }


def _request(session: Session, rows: Collection[dict[str, Any]]) -> None:
    if rows:
        session.connection().execute(_INSERT, list(rows))
