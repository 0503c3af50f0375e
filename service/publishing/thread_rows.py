"""What the database says about threads and published comments; every function takes the caller's snapshot."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, exists, func, literal_column, or_, select
from sqlalchemy.orm import Session, aliased

from models import Comment, CommentVersion, Place, Site, Status, Thread, ThreadState, WriterChain
from models.database.base import Id
from models.database.bulk import Bulk
from models.database.ids import is_id
from models.database.prepared import Prepared, Values, found_together
from models.site import is_slug
from service.errors import NotFound, Unavailable, UnknownSite
from service.markup import RENDERER, up_to_date
from service.markup.marks import without_piles
from service.moderation.places import place_in_steps, place_thread
from service.publishing.pages import IS_PINNED, Shown
from service.publishing.types import BADGES, PublicComment, PublicWriter
from service.wiring import Services

# How often one reader's request makes a thread's places anew.
PLACING_TRIES = 5


class CommentUnknown(NotFound):
    code, title = "unknown_comment", "There is no such comment"


class ThreadFound(NamedTuple):
    """A thread as it stands. An article nobody wrote under yet has no `id` and is open.

    Two that are equal show the same comments: whatever the public sees moves `version`.
    """

    id: str | None
    key: str
    title: str
    state: ThreadState
    version: int
    published: int
    # Whether its comments' places are right for this version.
    placed: bool
    # What the moderators tell its readers.
    banner: str | None = None
    # Whether readers ask and the newsroom answers.
    questions: bool = False
    # Whether something of it is pinned: most threads need not be asked for that.
    pins: bool = False


def _found_by(key: ColumnElement[bool]) -> Prepared:
    pinned = exists().where(Comment.thread_id == Thread.id, IS_PINNED)
    return Prepared(
        select(
            Thread.id,
            Thread.key,
            Thread.title,
            Thread.verified,
            Thread.state,
            Thread.version,
            Thread.published_count,
            Thread.placed_version,
            Thread.banner,
            Thread.questions,
            pinned,
        )
        .select_from(Site)
        .outerjoin(Thread, and_(Thread.site_id == Site.id, key))
        .where(Site.slug == bindparam("slug"))
    )


# Put together once: building a statement costs as much as running it.
_THREADS = _found_by(Thread.key.in_(bindparam("keys", expanding=True)))
# By itself PostgreSQL plans it once: how long a list is, it would find out each time.
_THREAD = _found_by(Thread.key == bindparam("key"))
# A plan is kept: a table that had a page or two when it was made may have thousands since, and be read through for each
# row of another.
_USE_INDEXES = Prepared(
    select(func.set_config(literal_column("'enable_seqscan'"), literal_column("'off'"), literal_column("true")))
)
_MERGED = aliased(WriterChain)
# Of what is shown: an edit that still waits shows neither its text nor its time. Where editors removed a passage, or
# put it back, its writer has edited nothing since.
_EDITED_AT = case(
    (or_(CommentVersion.n == 1, CommentVersion.redacts == 1), None),
    (Comment.edited_at < CommentVersion.created_at, Comment.edited_at),
    (Comment.edited_at.is_not(None), CommentVersion.created_at),
)
_COMMENTS = Bulk.select(
    lambda row: (
        select(
            Comment.id,
            Comment.status,
            Comment.votes,
            Comment.name,
            Comment.website,
            Comment.badge,
            Comment.created_at,
            _EDITED_AT,
            Comment.featured,
            Comment.pinned,
            func.coalesce(_MERGED.avatar_seed, WriterChain.avatar_seed),
            CommentVersion.html,
            CommentVersion.renderer,
            # Read only where it has to be rendered anew: it is as long as the HTML.
            case((CommentVersion.renderer < RENDERER, CommentVersion.text), else_=""),
        )
        .join(WriterChain, WriterChain.id == Comment.chain_id)
        .outerjoin(_MERGED, _MERGED.id == WriterChain.merged_into)
        .outerjoin(
            CommentVersion,
            and_(CommentVersion.comment_id == Comment.id, CommentVersion.n == Comment.published_version),
        )
        .where(Comment.id == row["id"])
    ),
    {"id": Id},
)


@contextmanager
def snapshot(services: Services) -> Iterator[Session]:
    """A read transaction in which every query sees the same moment."""
    with services.read(often=True) as session:
        if not services.settings.sqlite:
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield session


def find_threads(
    session: Session, slug: str, keys: Sequence[str], *, use_indexes: bool = False
) -> dict[str, ThreadFound]:
    """The site's threads by key, those that don't exist yet included. Raises UnknownSite. One indexed query.

    `use_indexes`: PostgreSQL reads no table through, where there is an index, until the transaction ends.
    """
    if not is_slug(slug):
        raise UnknownSite
    values: Values = {"slug": slug, "keys": keys}
    statement = _THREADS
    if len(keys) == 1:
        statement, values = _THREAD, {"slug": slug, "key": keys[0]}
    # Together with the beginning of the transaction.
    before: list[tuple[Prepared, Values]] = [(_USE_INDEXES, {})] if use_indexes else []
    rows = found_together(session.connection(), [*before, (statement, values)])[-1]
    if not rows:
        raise UnknownSite
    found = {key: ThreadFound(None, key, "", ThreadState.OPEN, 0, 0, True) for key in keys}
    for id_, key, title, verified, state, version, count, placed, banner, questions, pins in rows:
        if id_ is not None:
            # Until something was approved, nobody of the newsroom has looked at what a reader's post called it.
            known = verified or count > 0
            shown = without_piles(title) if known else ""
            found[key] = ThreadFound(id_, key, shown, state, version, count, placed == version, banner, questions, pins)
    return found


@contextmanager
def placed_thread(services: Services, slug: str, key: str) -> Iterator[tuple[Session, ThreadFound]]:
    """A snapshot in which the thread's places are right, and the thread as it stands there.

    They are wrong once, after the upgrade that brought them, and whenever an older release moves comments: then they
    are made first. Raises UnknownSite, and Unavailable when somebody else undoes it again and again.
    """
    for tried in range(PLACING_TRIES):
        with snapshot(services) as session:
            found = find_threads(session, slug, [key], use_indexes=not services.settings.sqlite)[key]
            if found.placed or found.id is None:
                yield session, found
                return
        if tried < PLACING_TRIES - 2:
            place_in_steps(services, found.id)
            continue
        # So many comments come that it never stands still: once, they wait.
        with services.write() as session:
            place_thread(session.connection(), found.id)
    raise Unavailable("This thread is being put in order.")


def read_comments(session: Session, items: Sequence[Shown], public_url: str) -> list[PublicComment]:
    """The items as the public sees them, in their order."""
    rows = _COMMENTS.found(session.connection(), [{"id": item.id} for item in items])
    facts = {row[0]: row for row in rows}
    comments = []
    for item in items:
        if item.id not in facts:
            continue
        _, status, votes, name, website, badge, *rest = facts[item.id]
        created_at, edited_at, featured, pinned, seed, html, renderer, text = rest
        published = html is not None
        comments.append(
            PublicComment(
                id=item.id,
                parent_id=item.parent_id,
                state="published" if published else "withdrawn" if status is Status.WITHDRAWN else "removed",
                author=PublicWriter(without_piles(name), website, seed, BADGES.get(badge or "")) if published else None,
                html=up_to_date(text, html, renderer) if published else None,
                created_at=utc_text(created_at),
                edited_at=utc_text(edited_at) if published and edited_at else None,
                votes=votes if published else 0,
                replies=item.replies,
                url=f"{public_url}/c/{item.id}",
                featured=published and featured,
                pinned=published and pinned,
            )
        )
    return comments


def read_comment(session: Session, slug: str, comment_id: str, public_url: str) -> PublicComment:
    """One published comment of one site. Raises UnknownSite, CommentUnknown."""
    find_threads(session, slug, [])
    row = None
    if is_id(comment_id):
        row = session.execute(
            _visible(comment_id).join(Site, Site.id == Comment.site_id).where(Site.slug == slug)
        ).first()
    if row is None:
        raise CommentUnknown
    replies = row.replies
    if row.placed_version != row.version:
        replies = session.scalar(
            select(func.count()).where(Comment.parent_id == comment_id, Comment.published_version.is_not(None))
        )
    return read_comments(session, [Shown(comment_id, row.parent_id, replies or 0, 0, "", "")], public_url)[0]


def names_shown(session: Session, comment_ids: Collection[str]) -> dict[str, str]:
    """Comment id -> the name that readers see there, of those among them that are published."""
    if not comment_ids:
        return {}
    published = select(Comment.id, Comment.name).where(
        Comment.id.in_(comment_ids), Comment.published_version.is_not(None)
    )
    return {id_: without_piles(name) for id_, name in session.execute(published)}


def permalink(session: Session, comment_id: str, public_url: str) -> str:
    """Where the comment stands: on the newsroom's page, on ours where its address is not known or no longer theirs.

    Raises CommentUnknown unless it is published.
    """
    row = session.execute(_visible(comment_id)).first() if is_id(comment_id) else None
    if row is None:
        raise CommentUnknown
    thread, site = session.execute(
        select(Thread, Site).join(Site, Site.id == Thread.site_id).where(Thread.id == row.thread_id)
    ).one()
    page = thread.url.partition("#")[0]
    if not site.owns(page):
        page = f"{public_url}/embed/{site.slug}?{urlencode({'thread': thread.key, 'around': comment_id})}"
    return f"{page}#comment-{comment_id}"


def _visible(comment_id: str) -> Select[str | None, str, int, int | None, int]:
    return (
        select(
            func.coalesce(Place.parent_id, Comment.parent_id).label("parent_id"),
            Comment.thread_id,
            Place.replies,
            Thread.placed_version,
            Thread.version,
        )
        .select_from(Comment)
        .join(Thread, Thread.id == Comment.thread_id)
        .outerjoin(Place, Place.comment_id == Comment.id)
        .where(
            Comment.id == comment_id,
            Comment.published_version.is_not(None),
            Thread.state != ThreadState.HIDDEN,
        )
    )


def utc_text(time: datetime) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
