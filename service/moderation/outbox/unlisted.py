"""Lists what was judged without being listed: by a release from before there was a search index, or beside one; and
anew what stands under a story that has another title since.

After an upgrade these are all comments, and the newest come first; later there are few, and looking costs nothing.
"""

from typing import Any

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.orm import Session

from models import ActorKind, Comment, Decision, Thread
from models.queries.conditions import is_judged
from models.thread import RETITLED
from service.moderation import listed
from service.telemetry import logger
from service.wiring import Services

log = logger(__name__)

AT_ONCE = 200
MOST_PAGES = 10

_comment: Any = Comment.__table__
# The index's own words, so that it is used.
_UNLISTED = (
    select(Comment.id, Comment.site_id, Comment.status, Comment.priority, Comment.current_version)
    .where(is_judged(), Comment.listed_version.is_(None))
    .order_by(Comment.id.desc())
    .limit(AT_ONCE)
    .with_for_update(key_share=True, skip_locked=True)
)
_DECISIONS = (
    select(
        Decision.comment_id,
        Decision.id,
        Decision.version_n,
        Decision.actor_kind,
        Decision.findings,
        Decision.facts,
    )
    .where(Decision.comment_id.in_(bindparam("ids", expanding=True)))
    .order_by(Decision.revision)
)
_LISTED = (
    update(_comment)
    .where(_comment.c.id == bindparam("of"))
    .values(listed_version=_comment.c.current_version, language=bindparam("found"))
)


_RETITLED = select(Thread.id, Thread.title).where(text(RETITLED)).order_by(Thread.id).limit(AT_ONCE)
_OF_THREAD = (
    select(Comment.id)
    .where(Comment.thread_id == bindparam("thread"), Comment.id > bindparam("after"), is_judged())
    .order_by(Comment.id)
    .limit(AT_ONCE)
    .with_for_update(key_share=True)
)
_UNLIST = update(_comment).where(_comment.c.id.in_(bindparam("ids", expanding=True))).values(listed_version=None)
_thread: Any = Thread.__table__
_TITLE_LISTED = (
    update(_thread)
    # Another one by now is marked again.
    .where(_thread.c.id == bindparam("of"), _thread.c.title == bindparam("called"))
    .values(listed_title=bindparam("called"))
)


def list_unlisted(services: Services) -> int:
    """Lists some of them, at most 2,000; how many. Several workers at once take different ones."""
    _mark_retitled(services)
    done = 0
    for _ in range(MOST_PAGES):
        with services.write() as session:
            found = _list_page(session)
        done += found
        if found < AT_ONCE:
            break
    if done:
        log.info("listed", comments=done)
    return done


def _mark_retitled(services: Services) -> None:
    """Has the comments of stories with a new title listed anew; until then they are found by the old one."""
    with services.read() as session:
        retitled = session.execute(_RETITLED).all()
    for thread_id, title in retitled:
        after = ""
        while True:
            with services.write() as session:
                connection = session.connection()
                ids = connection.scalars(_OF_THREAD, {"thread": thread_id, "after": after}).all()
                if ids:
                    connection.execute(_UNLIST, {"ids": ids})
                if len(ids) < AT_ONCE:
                    connection.execute(_TITLE_LISTED, {"of": thread_id, "called": title})
                    break
            after = ids[-1]


def _list_page(session: Session) -> int:
    rows = session.execute(_UNLISTED).all()
    if not rows:
        return 0
    ids = [row[0] for row in rows]
    versions = {row[0]: row[4] for row in rows}
    last: dict[str, str] = {}
    findings: dict[str, Any] = {}
    languages: dict[str, str | None] = {}
    for comment_id, decision_id, version_n, kind, said, facts in session.execute(_DECISIONS, {"ids": ids}):
        last[comment_id] = decision_id
        if kind is ActorKind.POLICY and version_n == versions[comment_id]:
            findings[comment_id] = said
            languages[comment_id] = listed.language_of(facts)
    connection = session.connection()
    # An older release may have left something of an earlier text.
    listed.forget(connection, ids)
    texts = listed.texts_of(connection, ids)
    listed.write(
        connection,
        [
            (
                listed.facets(
                    comment_id, site_id, status, priority, last.get(comment_id, ""), findings.get(comment_id, ())
                ),
                texts[comment_id],
            )
            for comment_id, site_id, status, priority, _ in rows
        ],
    )
    connection.execute(_LISTED, [{"of": comment_id, "found": languages.get(comment_id)} for comment_id in ids])
    return len(rows)
