"""Threads of questions: readers ask, the newsroom answers. In which order they stand, and what is answered.

A question is what a conversation begins with, unless the newsroom began it; it is answered while a staff reply below it
is published. Both are kept with the thread's places (`service.moderation.places`), under the thread's lock.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Boolean, Connection, Integer, delete, func, select, update

from models import Question, Thread
from models.database.bulk import Bulk, Work
from models.database.ids import reverse
from models.queries.places import Moved

_question: Any = Question.__table__
_INSERT = Bulk.insert(_question)
_COUNT = Bulk.update(
    lambda row: (
        update(_question)
        .where(_question.c.comment_id == row["id"])
        .values(
            shown=func.coalesce(row["shown"], _question.c.shown),
            answers=_question.c.answers + row["answers"],
            answered=_question.c.answers + row["answers"] > 0,
        )
    ),
    {"id": _question.c.comment_id.type, "shown": Boolean(), "answers": Integer()},
)


@dataclass(slots=True)
class Asked:
    """A question: whether it is published itself, and how many published answers are below it."""

    shown: bool
    answers: int = 0


def key_of(comment_id: str, first_id: str, parent_key: str, *, answer: bool) -> str:
    """What a reply sorts by in a thread of questions: one conversation after the other; in it an answer stands right
    below what it answers, and everything else in the order of time, none before what it replies to.

    `first_id`: what the conversation began with, which has its own id for a key. Ids are letters and digits, all of
    one length: at its end a key goes on with 0 for an answer and with 1 for the rest.
    """
    if answer:
        return f"{parent_key}0{comment_id}"
    key = f"{first_id}1{comment_id}"
    # Clocks of two machines may differ: a reply whose id sorts before its parent's goes right after it.
    return key if parent_key < key else f"{parent_key}1{comment_id}"


def asked_in(comments: Iterable[tuple[str, str | None, bool, bool]]) -> dict[str, Asked]:
    """The questions of a thread by id, from (comment, what its conversation began with, whether it is published,
    whether the newsroom wrote it), each conversation's first before the rest."""
    found: dict[str, Asked] = {}
    for comment_id, first_id, published, staff in comments:
        if first_id is None and not staff:
            found[comment_id] = Asked(published)
        elif first_id in found and staff and published:
            found[first_id].answers += 1
    return found


def replace_questions(
    connection: Connection, thread_id: str, ranks: Mapping[str, int], asked: Mapping[str, Asked]
) -> None:
    """Makes the questions among these comments anew, of which the ranks are given."""
    connection.execute(delete(_question).where(_question.c.comment_id.in_(list(ranks))))
    rows = {id_: asked[id_] for id_ in ranks if id_ in asked}
    if rows:
        site_id = connection.scalar(select(Thread.site_id).where(Thread.id == thread_id))
        _INSERT.run(connection, [_row(id_, thread_id, site_id or "", ranks[id_], one) for id_, one in rows.items()])


def follow_questions(
    connection: Connection,
    rows: Sequence[Moved],
    published: Mapping[str, int],
    above: Mapping[str, Sequence[str]],
    new: Mapping[str, int],
) -> Work:
    """What is to be run where these comments of threads of questions appeared or went.

    `published`: by how much, by id. `above`: the ids above each, the conversation's first one first. `new`: the ranks
    of those that never had a place.
    """
    answers: Counter[str] = Counter()
    shown: dict[str, bool] = {}
    threads: dict[str, str] = {}
    for row in rows:
        ancestors = above.get(row.id)
        if ancestors and row.staff:
            answers[ancestors[0]] += published[row.id]
        elif not ancestors and not row.staff:
            shown[row.id], threads[row.id] = published[row.id] > 0, row.thread_id
    coming = {id_: Asked(shown[id_], answers.pop(id_, 0)) for id_ in shown if id_ in new}
    sites = _sites_of(connection, {threads[id_] for id_ in coming})
    changed = sorted({*answers, *(shown.keys() - coming.keys())})
    return [
        (_INSERT, [_row(id_, threads[id_], sites[threads[id_]], new[id_], one) for id_, one in coming.items()]),
        (_COUNT, [{"id": id_, "shown": shown.get(id_), "answers": answers.get(id_, 0)} for id_ in changed]),
    ]


def _sites_of(connection: Connection, thread_ids: Iterable[str]) -> Mapping[str, str]:
    found = connection.execute(select(Thread.id, Thread.site_id).where(Thread.id.in_(thread_ids)))
    return {row[0]: row[1] for row in found}


def _row(comment_id: str, thread_id: str, site_id: str, rank: int, asked: Asked) -> dict[str, Any]:
    return {
        "comment_id": comment_id,
        "thread_id": thread_id,
        "site_id": site_id,
        "turn": reverse(comment_id),
        "rank": rank,
        "shown": asked.shown,
        "answers": asked.answers,
        "answered": asked.answers > 0,
    }
