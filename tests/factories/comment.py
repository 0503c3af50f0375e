from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from sqlalchemy.orm import Session

from models import Comment, CommentVersion, Status, Thread, WriterChain, new_id
from moderation_rules import fingerprint, sketch
from service.moderation.moves import Move, edit_by_writer, new_text
from service.moderation.record import standings, version_row, write
from service.privacy.chains import chain_row
from service.privacy.sealing import Keyring
from service.wiring import Services
from tests.factories.address import add_address
from tests.factories.decision import move_comment


def add_comment(
    services: Services,
    thread: Thread,
    text: str = "A plain remark about the harbour.",
    *,
    chain: WriterChain | str | None = None,
    address: str | None = None,
    keyring: Keyring | None = None,
    session: Session | None = None,
    **columns: Any,
) -> Comment:
    """A comment with its first version as intake commits it: `received`, of a writer of its own.

    `chain` may be a chain's id. Without an address none is kept, as after its erasure. With a `session` it belongs to
    that transaction: many comments then cost one commit. For one that was judged see `comment_in_status`.
    """
    now = services.clock.now()
    with nullcontext(session) if session is not None else services.write() as writing:
        if chain is None:
            chain = WriterChain(**chain_row(thread.site_id, now))
            writing.add(chain)
            writing.flush()
        made: dict[str, Any] = {
            "id": new_id(),
            "site_id": thread.site_id,
            "thread_id": thread.id,
            "chain_id": chain if isinstance(chain, str) else chain.id,
            "status": Status.RECEIVED,
            "revision": 0,
            "name": "Ada",
            "current_version": 1,
            "was_published": False,
            "fingerprint": fingerprint(text),
            "sketch": sketch(text),
            "intake_facts": {},
            "page_url": thread.url,
            "page_title": thread.title,
            "created_at": now,
            "sent_at": now,
        }
        comment = Comment(**(made | columns))
        writing.add(comment)
        writing.flush()
        version = version_row(comment.id, 1, new_text(text), comment.created_at)
        writing.add(CommentVersion(**(version | {"status": comment.status})))
    if address:
        add_address(services, comment.site_id, comment.id, address, keyring=keyring)
    return comment


def comment_in_status(
    services: Services,
    thread: Thread,
    text: str = "A plain remark about the harbour.",
    status: Status = Status.PENDING,
    *,
    findings: Sequence[Mapping[str, Any]] = (),
    facts: Mapping[str, Any] | None = None,
    dead: bool = False,
    nearness: int = 0,
    **more: Any,
) -> Comment:
    """A comment as the service leaves it in `status`, with the decision that brought it there; an approved one is up.

    A policy has judged it on `facts`; a withdrawn one was its writer's to move, a received one nobody's yet. An erased
    one is as an erasure will leave it: no verb makes one yet, but whoever reads the row must cope with it.
    `dead`: no worker could judge it. `more` goes to `add_comment`.
    """
    comment = add_comment(services, thread, text, **more)
    if status is Status.RECEIVED:
        return comment
    if status is Status.ERASED:
        erase(services, comment.id)
    else:
        judged: dict[str, Any] = {"findings": findings, "facts": facts, "dead": dead, "nearness": nearness}
        move_comment(services, comment.id, status, now=comment.created_at, **judged)
    with services.read() as session:
        return session.get_one(Comment, comment.id)


def erase(services: Services, comment_id: str) -> None:
    """Leaves a comment as an erasure will: nothing of it is up, and its status says so."""
    move_comment(services, comment_id, Status.WITHDRAWN)
    with services.write() as session:
        session.get_one(Comment, comment_id).status = Status.ERASED


def edit(services: Services, comment_id: str, text: str) -> Move:
    """Its writer edits it, as by the receipt: a new version, and the comment is `received` again."""
    with services.write() as session:
        standing = standings(session, [comment_id], lock=True)[comment_id]
        move = edit_by_writer(standing, new_text(text), new_id())
        assert write(session, [move], now=services.clock.now(), mails=False)
    return move
