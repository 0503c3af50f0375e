"""Comments as intake would have committed them, without intake."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from models import Comment, CommentVersion, Decision, Site, Status, Thread, WriterChain, new_id
from moderation_rules import fingerprint, sketch
from service.privacy.chains import new_chain
from service.wiring import Services


def add_thread(services: Services, site: Site, key: str = "article-1", **changes: Any) -> Thread:
    now = services.clock.now()
    thread = Thread(
        id=new_id(),
        site_id=site.id,
        key=key,
        url=f"http://news.test/{key}",
        **({"created_at": now - timedelta(days=1), "tags": [], "version": 0, "published_count": 0} | changes),
    )
    with services.write() as session:
        session.add(thread)
    return thread


def add_chain(services: Services, site: Site) -> WriterChain:
    with services.write() as session:
        return new_chain(session, site.id, services.clock.now())


def add_comment(
    services: Services,
    thread: Thread,
    text: str = "A plain remark about the harbour.",
    *,
    chain: WriterChain | str | None = None,
    **changes: Any,
) -> Comment:
    """One comment with its first version, `received` unless `changes` say otherwise."""
    now = services.clock.now()
    comment_id = changes.pop("id", None) or new_id()
    with services.write() as session:
        if chain is None:
            chain = new_chain(session, thread.site_id, now)
            session.flush()
        columns: dict[str, Any] = {
            "id": comment_id,
            "site_id": thread.site_id,
            "thread_id": thread.id,
            "chain_id": chain if isinstance(chain, str) else chain.id,
            "status": Status.RECEIVED,
            "revision": 0,
            "name": "Robin",
            "current_version": 1,
            "was_published": False,
            "fingerprint": fingerprint(text),
            "sketch": sketch(text),
            "intake_facts": {},
            "created_at": now,
            "sent_at": now,
        }
        comment = Comment(**(columns | changes))
        session.add(comment)
        session.flush()
        session.add(version(comment, 1, text, comment.status))
    return comment


def version(comment: Comment, n: int, text: str, status: Status = Status.RECEIVED) -> CommentVersion:
    return CommentVersion(
        comment_id=comment.id,
        n=n,
        text=text,
        html=f"<p>{text}</p>",
        renderer=1,
        status=status,
        created_at=comment.created_at,
    )


def edit(services: Services, comment_id: str, text: str) -> None:
    """What the receipt's edit does: a new version, and the comment is `received` again."""
    with services.write() as session:
        comment = session.get_one(Comment, comment_id)
        comment.current_version += 1
        comment.status = Status.RECEIVED
        comment.revision += 1
        comment.fingerprint, comment.sketch = fingerprint(text), sketch(text)
        session.add(version(comment, comment.current_version, text))


def seen(services: Services, comment_id: str) -> Comment:
    """The comment as it stands now."""
    with services.read() as session:
        return session.get_one(Comment, comment_id)


def seen_thread(services: Services, thread_id: str) -> Thread:
    with services.read() as session:
        return session.get_one(Thread, thread_id)


def decisions(services: Services, comment_id: str) -> list[Decision]:
    """Its decisions, oldest first."""
    with services.read() as session:
        query = select(Decision).where(Decision.comment_id == comment_id).order_by(Decision.revision)
        return list(session.scalars(query))
