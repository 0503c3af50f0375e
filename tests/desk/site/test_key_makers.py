"""Whoever made a key is named beside it; closing their account says which keys of theirs go on working."""

import pytest

from service.accounts.account_administration import close
from service.accounts.api_keys import create_key, key_actor, working_keys_of
from tests.desk.conftest import API

KEYS = f"{API}/sites/gazette/keys"
PAGE = "/moderate/sites/gazette/people"


@pytest.fixture
def mallory(newsroom):
    return newsroom.moderator("Mallory", "admin")


@pytest.fixture
def chief(newsroom, browser_of):
    return browser_of(newsroom.moderator("Boss", "admin", everywhere=True))


def made(caller, scope="moderate"):
    answer = caller.post(KEYS, json={"scope": scope})
    assert answer.status_code == 201
    return answer.get_json()


def test_a_key_names_its_maker(browser_of, program, mallory):
    first = made(browser_of(mallory), "admin")
    assert first["made_by"] == {"id": mallory, "name": "Mallory", "closed": False}
    # A key made by a key is answered for by the same person: no way to lose the trace of it.
    assert made(program(first["key"]))["made_by"]["id"] == mallory


def test_an_operators_key_has_none(services, site, chief):
    create_key(services, None, site_id=site.id, scope="read")
    assert [key["made_by"] for key in chief.get(KEYS).get_json()["keys"]] == [None]


def test_closing_warns_of_the_keys_that_go_on(services, browser_of, chief, mallory):
    key, ended = made(browser_of(mallory)), made(browser_of(mallory))
    chief.delete(f"{KEYS}/{ended['id']}")
    assert "1 key of this site that Mallory made will go on working" in chief.get(PAGE).get_data(as_text=True)
    assert chief.delete(f"{API}/moderators/{mallory}").status_code == 204
    assert key_actor(services, key["key"]) is not None
    page = chief.get(PAGE).get_data(as_text=True)
    assert "1 key made by somebody whose account is closed still works" in page
    assert "by <bdi>Mallory</bdi> (account closed)" in page
    assert {one["made_by"]["closed"] for one in chief.get(KEYS).get_json()["keys"]} == {True}
    chief.delete(f"{KEYS}/{key['id']}")
    assert "still works" not in chief.get(PAGE).get_data(as_text=True)


def test_nobody_is_warned_of_what_is_not_there(chief, mallory):
    assert "go on working" not in chief.get(PAGE).get_data(as_text=True)


def test_the_keys_of_one_who_left(services, browser_of, mallory):
    key = made(browser_of(mallory))
    close(services, None, mallory)
    with services.read() as session:
        assert [one.id for one in session.scalars(working_keys_of(mallory))] == [key["id"]]
