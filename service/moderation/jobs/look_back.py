"""What one word or domain would have found lately: at once, bounded, and nothing is written."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, select, union_all

from models import Comment, CommentVersion, EntryKind, Site, Status, new_id
from models.comment import JUDGED
from models.database.ids import first_id
from models.queries.conditions import current_version
from moderation_rules import Comment as Typed
from moderation_rules import Facts, Judge, Policy, compile_policy
from moderation_rules.registry import RULES
from service.moderation.watchdog.watchdog import WatchedThread
from service.wiring import Services

# A look back answers in one request: beyond so many comments or seconds it says "at least".
DAYS = 7
MOST_LOOKED_AT = 20_000
LOOK_SECONDS = 2.0
CHUNK = 500
EXAMPLES = 10
EXCERPT = 300


@dataclass(frozen=True, slots=True)
class Example:
    """`start`, `end`: code points into `text`, the part that was found."""

    comment_id: str
    name: str
    text: str
    status: Status
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Caught:
    """What the entry alone would have found in the last days. `looked_at`: comments; `by_status`: of those it was found
    in, as they stand now. Without `complete` there are at least so many."""

    looked_at: int
    by_status: Mapping[Status, int]
    complete: bool
    examples: list[Example]

    @property
    def found(self) -> int:
        return sum(self.by_status.values())


def would_catch(
    services: Services,
    site: Site,
    kind: EntryKind,
    text: str,
    *,
    days: int = DAYS,
    monotonic: Callable[[], float] = time.monotonic,
) -> Caught:
    """Looks back over the site's comments with the entry as the only rule, newest first; writes nothing."""
    judge = _judge(kind, text)
    low, before = first_id(services.clock.now() - timedelta(days=days)), new_id()
    give_up = monotonic() + LOOK_SECONDS
    looked_at, counts, examples, complete = 0, Counter[Status](), list[Example](), True
    while True:
        with services.read() as session:
            rows = session.execute(_newest(site.id, before, low)).all()
        with WatchedThread() as watched:
            for comment_id, name, website, status, body in rows:
                watched.comment_id = comment_id
                found = judge.judge(Typed(body, name=name, website=website), Facts()).findings
                hits = [one for one in found if not one.could_not_check]
                if hits:
                    counts[status] += 1
                    if len(examples) < EXAMPLES:
                        examples.append(_example(comment_id, name, body, status, hits[0]))
        looked_at += len(rows)
        if len(rows) < CHUNK:
            break
        before = rows[-1][0]
        if looked_at >= MOST_LOOKED_AT or monotonic() > give_up:
            complete = False
            break
    return Caught(looked_at, counts, complete, examples)


def _judge(kind: EntryKind, text: str) -> Judge:
    """One that knows nothing but the entry."""
    name, option = ("word_list", "banned") if kind is EntryKind.WORD else ("listed_domains", "domains")
    rules: dict[str, Any] = {rule.name: {"enabled": False} for rule in RULES}
    return compile_policy(Policy({"rules": rules | {name: {"enabled": True, option: [text]}}}))


def _newest(site_id: str, before: str, low: str) -> Select[str, str, str | None, Status, str]:
    """The next comments before that one with their text: the index has them by status."""
    every = union_all(
        *(
            select(
                select(Comment.id)
                .where(Comment.site_id == site_id, Comment.status == status, Comment.id < before, Comment.id >= low)
                .order_by(Comment.id.desc())
                .limit(CHUNK)
                .subquery()
            )
            for status in JUDGED
        )
    ).subquery()
    newest = select(every.c.id).order_by(every.c.id.desc()).limit(CHUNK).subquery()
    return (
        select(Comment.id, Comment.name, Comment.website, Comment.status, CommentVersion.text)
        .join(newest, newest.c.id == Comment.id)
        .join(CommentVersion, current_version())
        .order_by(Comment.id.desc())
    )


def _example(comment_id: str, name: str, text: str, status: Status, hit: Any) -> Example:
    start, end = (hit.start or 0, hit.end or 0) if hit.field == "text" else (0, 0)
    first = max(0, min(start, start - EXCERPT // 3))
    return Example(comment_id, name, text[first : first + EXCERPT], status, start - first, min(end - first, EXCERPT))
