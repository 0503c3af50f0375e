"""What is kept of questions is compared with what they are, and put right; votes keep their rank."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from models import ActorKind, Question, Vote, new_id
from models.comment import STAFF
from service.accounts.actors import Actor
from service.moderation.editorial.staff_replies import reply_as_staff
from service.moderation.outbox.recount import Recount
from service.moderation.outbox.vote_counts import count_votes
from service.publishing.documents import read_thread_page
from service.wiring import Services
from tests.factories import Newsroom, add_site
from tests.plans import whole_tables_read

ANNA = Actor(ActorKind.MODERATOR, new_id(), "Anna", {"": "admin"})


@pytest.fixture
def newsroom(services: Services) -> Newsroom:
    found = Newsroom(services, add_site(services))
    found.thread(questions=True)
    return found


def kept(newsroom: Newsroom) -> dict[str, tuple[Any, ...]]:
    with newsroom.services.read() as session:
        rows = session.scalars(select(Question))
        return {row.comment_id: (row.rank, row.shown, row.answers, row.answered, row.turn) for row in rows}


def asked(newsroom: Newsroom) -> list[str]:
    """One that is answered below a reply, one that is not, one that is gone, and what the newsroom began."""
    answered, waiting, gone = (newsroom.published() for _ in range(3))
    reply = newsroom.published(parent_id=answered)
    reply_as_staff(newsroom.services, ANNA, reply, "On Monday.")
    newsroom.take_down(reply_as_staff(newsroom.services, ANNA, waiting, "Never.").comment_id)
    newsroom.take_down(gone)
    newsroom.published("Ask us.", badge=STAFF)
    return [answered, waiting, gone]


def mended(newsroom: Newsroom) -> int:
    found = Recount(newsroom.services)
    found.all()
    assert sum(found.mended.values()) == found.mended["questions"]
    return found.mended["questions"]


@pytest.mark.parametrize(
    "values",
    [{"answers": 3}, {"answered": True}, {"shown": False}, {"rank": -5}, {"turn": "A" * 26}, None],
    ids=["answers", "answered", "shown", "rank", "turn", "gone"],
)
def test_what_differs_is_put_right(newsroom: Newsroom, values: dict[str, Any] | None) -> None:
    waiting = asked(newsroom)[1]
    before = kept(newsroom)
    assert mended(newsroom) == 0
    with newsroom.services.write() as session:
        of_it = Question.comment_id == waiting
        session.execute(
            delete(Question).where(of_it) if values is None else update(Question).where(of_it).values(values)
        )
    assert kept(newsroom) != before
    assert mended(newsroom) == 1
    assert kept(newsroom) == before, "without any reader having come"
    assert mended(newsroom) == 0


@pytest.mark.parametrize("questions", [True, False])
def test_what_is_no_question_is_none(newsroom: Newsroom, questions: bool) -> None:
    thread = newsroom.thread("other", questions=questions)
    top = newsroom.published(thread=thread, badge=STAFF)
    read_thread_page(newsroom.services, "gazette", "other")
    with newsroom.services.write() as session:
        for comment_id in (top, new_id()):
            session.add(
                Question(
                    comment_id=comment_id,
                    thread_id=thread,
                    site_id=newsroom.site.id,
                    turn="A" * 26,
                    rank=0,
                    shown=True,
                    answers=0,
                    answered=False,
                )
            )
    assert mended(newsroom) == 1
    assert (kept(newsroom), mended(newsroom)) == ({}, 0)


def test_votes_rank_a_question(newsroom: Newsroom) -> None:
    answered, waiting, gone = asked(newsroom)
    reply = newsroom.published(parent_id=waiting)
    services = newsroom.services
    now = services.clock.now()
    with services.write() as session:
        for comment_id, voters in ((answered, 1), (waiting, 2), (gone, 3), (reply, 4)):
            session.add_all(
                Vote(comment_id=comment_id, voter=bytes([n] * 16), network=b"", value=1, counted=0, changed_at=now)
                for n in range(voters)
            )
    assert count_votes(services, now) == 0, "nothing is due yet"
    assert count_votes(services, now + timedelta(seconds=1)) == 4
    assert {id_: row[0] for id_, row in kept(newsroom).items()} == {answered: -1, waiting: -2, gone: -3}
    assert mended(newsroom) == 0
    found = read_thread_page(services, "gazette", "4711", sort="top", only="unanswered")
    assert [item["id"] for item in found["comments"]] == [waiting]


def test_looking_reads_no_whole_table(newsroom: Newsroom) -> None:
    asked(newsroom)
    with whole_tables_read(newsroom.services) as found:
        Recount(newsroom.services).step()
    assert found == []
