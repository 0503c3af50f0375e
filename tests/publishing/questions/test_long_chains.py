"""A chain of replies is as long as its writers make it: what it sorts by stays short enough for any index."""

from collections.abc import Sequence

from models import Thread, new_id
from models.comment import STAFF
from service.moderation.places import LONGEST_KEY, find_placed, place_thread
from tests.factories import Newsroom
from tests.publishing.questions.test_questions import newsroom, page

__all__ = ["newsroom"]
LONG = 130  # replies: more than a row of PostgreSQL's index has room for ids


def longest_key(newsroom: Newsroom, thread_id: str, ids: Sequence[str]) -> int:
    """How long the longest key is; all are the same when the places are made anew."""
    with newsroom.services.write() as session:
        connection = session.connection()
        kept = {id_: placed.key for id_, placed in find_placed(connection, ids).items()}
        session.get_one(Thread, thread_id).placed_version = None
        session.flush()
        place_thread(connection, thread_id)
        assert {id_: placed.key for id_, placed in find_placed(connection, ids).items()} == kept
    assert len(kept) == len(ids)
    return max(map(len, kept.values()))


def test_answers_to_answers(newsroom: Newsroom) -> None:
    ids = [newsroom.published("What is new?")]
    while len(ids) <= LONG:
        ids.append(newsroom.published("And now this.", parent_id=ids[-1], badge=STAFF))
    thanks = newsroom.published("Thank you.", parent_id=ids[1])
    assert page(newsroom, limit=100) == ids[:100]
    assert page(newsroom, limit=100, around=thanks)[-2:] == [ids[-1], thanks]
    assert longest_key(newsroom, newsroom.thread("4711"), [*ids, thanks]) <= LONGEST_KEY


def test_replies_of_clocks_that_run_backwards(newsroom: Newsroom) -> None:
    talk = newsroom.thread("talk")
    early = [new_id() for _ in range(LONG)]
    ids = [newsroom.published(thread=talk)]
    while early:
        ids.append(newsroom.published(parent_id=ids[-1], thread=talk, id=early.pop()))
    assert longest_key(newsroom, talk, ids) <= LONGEST_KEY
