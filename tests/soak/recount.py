"""What must be true at the end, counted anew from the rows: nothing lost, nothing twice, every number right."""

from collections import Counter
from collections.abc import Iterable, Sequence

from sqlalchemy import func, select

from models import Comment, CommentVersion, Decision, Status, Thread
from models.decision import ActorKind
from service.queue.backlog import waiting_key
from service.wiring import Services
from tests.soak.load import Accepted


def unjudged(services: Services) -> int:
    with services.read() as session:
        return session.scalar(select(func.count()).where(Comment.status == Status.RECEIVED)) or 0


def problems(services: Services, accepted: Sequence[Accepted]) -> list[str]:
    """In words, what is not as promised. Empty when all is."""
    return [*_comments(services, accepted), *_decisions(services), *_counts(services)]


def _comments(services: Services, accepted: Sequence[Accepted]) -> Iterable[str]:
    with services.read() as session:
        rows: list[tuple[str, str]] = [
            tuple(row)
            for row in session.execute(
                select(Comment.id, CommentVersion.text).join(CommentVersion, CommentVersion.comment_id == Comment.id)
            )
        ]
    there = Counter(id_ for id_, _ in rows)
    bodies = dict(rows)
    told = Counter(one.id for one in accepted)
    if twice := [id_ for id_, times in told.items() if times > 1]:
        yield f"{len(twice)} ids were given to two comments, such as {twice[0]}"
    if lost := [one.id for one in accepted if one.id not in there]:
        yield f"{len(lost)} accepted comments are not there, such as {lost[0]}"
    if extra := [id_ for id_ in there if id_ not in told]:
        yield f"{len(extra)} comments are there that nobody was told of, such as {extra[0]}"
    if changed := [one.id for one in accepted if one.id in bodies and bodies[one.id] != one.body]:
        yield f"{len(changed)} comments have another text, such as {changed[0]}"
    texts = Counter(bodies.values())
    if doubled := [text for text, times in texts.items() if times > 1]:
        yield f"{len(doubled)} texts are there twice, such as {doubled[0]!r}"


def _decisions(services: Services) -> Iterable[str]:
    with services.read() as session:
        received = session.scalar(select(func.count()).where(Comment.status == Status.RECEIVED)) or 0
        by_rules = select(Decision.comment_id, func.count().label("n")).where(Decision.actor_kind == ActorKind.POLICY)
        each = by_rules.group_by(Decision.comment_id).subquery()
        counted = session.execute(
            select(func.coalesce(each.c.n, 0), func.count())
            .select_from(Comment)
            .outerjoin(each, each.c.comment_id == Comment.id)
            .group_by(each.c.n)
        ).all()
        moved = session.scalar(
            select(func.count())
            .select_from(Comment)
            .where(Comment.revision != select(func.count()).where(Decision.comment_id == Comment.id).scalar_subquery())
        )
    if received:
        yield f"{received} comments are not judged"
    for times, comments in counted:
        if times != 1:
            yield f"{comments} comments were decided {times} times by the rules"
    if moved:
        yield f"{moved} comments have another revision than moves"


def _counts(services: Services) -> Iterable[str]:
    with services.read() as session:
        published = (
            select(func.count())
            .where(Comment.thread_id == Thread.id, Comment.published_version.is_not(None))
            .scalar_subquery()
        )
        wrong = session.execute(select(Thread.key, Thread.published_count, published)).all()
        pending = dict(
            session.execute(
                select(Comment.site_id, func.count()).where(Comment.status == Status.PENDING).group_by(Comment.site_id)
            ).all()
        )
    for key, said, counted in wrong:
        if said != counted:
            yield f"thread {key} says {said} comments and has {counted}"
    redis = services.redis
    for site_id, waiting in pending.items():
        backlog = redis.zcard(waiting_key(redis, site_id))
        if backlog != waiting:
            yield f"the moderators' backlog in Redis holds {backlog} comments and {waiting} wait"
