"""The same submission twice is one comment."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from models import Receipt, SubmissionKey, Thread, ThreadState
from service.app import create_app
from service.intake.receive import EXTENSION
from service.privacy.sealing import Keyring
from service.settings import Rate
from tests.factories import add_site
from tests.intake.reader import KEY, Reader, codes, fields
from tests.settings import TEST_SECRET


def test_the_first_answer_again(reader):
    first, second = reader.post(key=KEY), reader.post(key=KEY)
    assert first.get_data() == second.get_data()
    assert (second.status_code, reader.count()) == (202, 1)


def test_another_body_is_refused(reader):
    reader.posted(key=KEY)
    refused = reader.post(key=KEY, body="Another remark.")
    assert (refused.status_code, refused.get_json()["code"]) == (422, "idempotency_key_reused")
    assert reader.count() == 1


@pytest.mark.parametrize("changes", [{}, {"body": "Another remark."}, {"name": "Bob"}], ids=["same", "body", "name"])
def test_a_known_key_tells_nothing_of_the_address(reader, changes):
    """Whoever knows a key can try addresses: a right guess and a wrong one get one answer, and make no comment."""
    reader.posted(key=KEY)
    right, wrong = reader.post(key=KEY, **changes), reader.post(key=KEY, email="other@example.org", **changes)
    assert right.status_code == (422 if changes else 202)
    assert (right.status_code, right.get_data()) == (wrong.status_code, wrong.get_data())
    assert reader.count() == 1


def test_a_fresh_token_makes_no_other_body(reader):
    first = reader.posted(key=KEY, token=reader.token())
    assert reader.posted(key=KEY, token=reader.token()) == first


def test_a_key_belongs_to_its_site(reader, services):
    first = reader.posted(key=KEY)
    add_site(services, "other")
    second = reader.client.post("/api/v1/sites/other/comments", json=fields(), headers={"Idempotency-Key": KEY})
    assert second.get_json()["id"] != first["id"]


@pytest.mark.parametrize("key", ["short", "x" * 15, "x" * 256, "a key with an ümlaut in it"])
def test_a_key_that_is_none(reader, key):
    assert codes(reader.post(key=key)) == {"Idempotency-Key": "bad_key"}


def test_a_key_is_checked_before_limits_and_closed_doors(limited):
    reader = limited(Rate(1, 60.0))
    first = reader.posted(key=KEY)
    assert reader.post().status_code == 429
    assert reader.posted(key=KEY) == first
    with reader.services.write() as session:
        session.scalars(select(Thread)).one().state = ThreadState.CLOSED
    assert reader.posted(key=KEY) == first


def test_it_is_forgotten_after_a_day(reader, fixed_clock):
    first = reader.posted(key=KEY)
    fixed_clock.advance(hours=23, minutes=59)
    assert reader.posted(key=KEY) == first
    fixed_clock.advance(minutes=2)
    assert reader.posted(key=KEY, body="Another comment.")["id"] != first["id"]
    assert (reader.count(), reader.count(SubmissionKey)) == (2, 1)


def test_one_that_is_forgotten_is_brought_twice_at_once(reader, services, fixed_clock):
    """Through two processes, which have both found the old one before either has stored a comment."""
    reader.posted(key=KEY)
    fixed_clock.advance(hours=25)
    other = Reader(create_app(services).test_client(), services, reader.site)
    here = other.client.application.extensions[EXTENSION].commits
    count, answers = here._count, []

    def after_the_other(arrivals):
        answers.append(reader.posted(key=KEY))
        count(arrivals)

    here._count = after_the_other
    answers.append(other.posted(key=KEY))
    assert answers[0] == answers[1]
    assert (reader.count(), reader.count(SubmissionKey)) == (2, 1)


def test_it_outlives_a_new_secret(reader, limited):
    first = reader.posted(key=KEY)
    later = limited(keyring=Keyring.from_secrets(["another secret that is long enough, and newer", TEST_SECRET]))
    assert later.posted(key=KEY) == first
    assert later.post(key=KEY, body="Another remark.").status_code == 422


def test_a_revoked_receipt_is_not_given_again(reader, services, fixed_clock):
    reader.posted(key=KEY)
    with services.write() as session:
        session.scalars(select(Receipt)).one().revoked_at = fixed_clock.now()
    assert reader.post(key=KEY).get_json()["code"] == "receipt_revoked"


def test_a_plain_form_is_known_by_its_nonce(reader):
    token = reader.token()
    first = reader.post_form(token=token)
    # A double click: the browser sends the same form again, with another boundary.
    second = reader.post_form(token=token, multipart=True)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["Location"] == second.headers["Location"]
    refused = reader.post_form(token=token, accept="*/*", body="Another remark.")
    assert refused.get_json()["code"] == "idempotency_key_reused"
    assert reader.post_form(token=reader.token(), body="Another remark.").status_code == 303


def test_a_token_in_json_is_no_key(reader):
    token = reader.token()
    assert reader.posted(token=token)["id"] != reader.posted(token=token, body="Another remark.")["id"]


def at_once(posts: list) -> list:
    """All of them at the same moment, each in a thread of its own."""
    start = threading.Barrier(len(posts))

    def run(post):
        start.wait()
        return post()

    with ThreadPoolExecutor(len(posts)) as pool:
        return [future.result() for future in [pool.submit(run, post) for post in posts]]


def another(reader: Reader) -> Reader:
    return Reader(reader.client.application.test_client(), reader.services, reader.site)


def test_two_at_once_get_one_answer(limited):
    # A limit of one: the second must not meet it, the first answer was already on its way.
    reader = limited(Rate(1, 60.0))
    answers = at_once([lambda: another(reader).post(key=KEY)] * 8)
    assert [answer.status_code for answer in answers] == [202] * 8
    assert len({answer.get_data() for answer in answers}) == 1
    assert reader.count() == 1


def test_two_processes_at_once_get_one_answer(reader, limited):
    """Two applications share nothing but the database, as two processes do."""
    readers = [limited() for _ in range(4)]
    for round_ in range(5):
        key = f"{KEY}-{round_}"
        answers = at_once([lambda r=r, key=key: another(r).post(key=key) for r in readers])
        assert [answer.status_code for answer in answers] == [202] * 4
        assert len({answer.get_data() for answer in answers}) == 1
    assert reader.count() == 5


def test_two_bodies_at_once_with_one_key(limited):
    readers = [limited(), limited()]
    answers = at_once([lambda n=n: another(readers[n]).post(key=KEY, body=f"Remark {n}.") for n in range(2)])
    assert sorted(answer.status_code for answer in answers) == [202, 422]


@pytest.mark.postgres
def test_two_processes_at_once_on_postgresql(postgres_services):
    from service.app import create_app
    from tests.intake.conftest import ROOMS

    site = add_site(postgres_services)
    readers = [Reader(create_app(postgres_services, ROOMS).test_client(), postgres_services, site) for _ in range(4)]
    for round_ in range(5):
        key, thread = f"{KEY}-{round_}", f"thread-{round_}"
        answers = at_once([lambda r=r, k=key, t=thread: another(r).post(key=k, thread=t) for r in readers])
        assert [answer.status_code for answer in answers] == [202] * 4
        assert len({answer.get_data() for answer in answers}) == 1
    assert readers[0].count() == readers[0].count(Thread) == 5
