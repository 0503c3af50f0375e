"""A thread is made one of questions while the database is busy: what is committed is no refusal."""

from typing import NoReturn

import pytest

from service.database_errors import Contended
from service.errors import Unavailable
from service.moderation import threads
from service.moderation.threads import ThreadChange, ThreadRule, ThreadStep, change_thread, keep_thread, step_threads
from tests.factories import Newsroom
from tests.publishing.questions.test_questions import ANNA, answer, newsroom, page

__all__ = ["newsroom"]


@pytest.mark.parametrize("busy", [Unavailable, Contended])
def test_what_was_said_holds_and_can_be_taken_back(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, busy: type[Unavailable]
) -> None:
    first = newsroom.published("When does it open?")
    second = newsroom.published("I wonder as well.", parent_id=first)
    said = answer(newsroom, first)

    def fail(*_: object) -> NoReturn:
        raise busy("The database is busy.")

    monkeypatch.setattr(threads, "place_in_steps", fail)
    services, site = newsroom.services, newsroom.site
    _, before = keep_thread(services, ANNA, site, "4711", ThreadRule(questions=False))
    assert before == ThreadRule(questions=True)
    assert page(newsroom) == [first, second, said]
    assert step_threads(services, ANNA, [newsroom.thread("4711")], ThreadStep.ASK) == 1
    assert page(newsroom) == [first, said, second]
    change_thread(services, ANNA, site, ThreadChange(key="4711", questions=False))
    assert page(newsroom) == [first, second, said]
