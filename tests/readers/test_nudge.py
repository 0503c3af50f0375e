"""What a writer is shown before sending: places of a few rules about tone, where the site wants it, not for probing."""

import msgspec
import pytest

from models import Site
from service.readers.draft_api import TONES
from service.readers.nudge import MOST_SPANS, RATE
from tests.waiting import wait_until

PATH = "/api/v1/sites/{}/nudge"


@pytest.fixture
def ask(readers, services):
    with services.write() as session:
        site = session.get_one(Site, readers.site.id)
        site.settings = msgspec.structs.replace(site.settings, nudge=True)
    tones = readers.client.application.extensions[TONES]
    wait_until(lambda: tones.judge(readers.site.id, 1.0) is not None)

    def asked(body, network=1, site=readers.site.slug, **headers):
        at = {"REMOTE_ADDR": f"198.51.{network}.7"}
        return readers.client.post(PATH.format(site), json={"body": body}, environ_base=at, headers=headers)

    return asked


def marked(answer):
    found = answer.get_json()
    return ["".join([*found["text"]][span["start"] : span["end"]]) for span in found["spans"]]


def test_places_are_told_and_nothing_else(ask):
    answer = ask("  Größer 🌉 than you, you fucking asshole.\r\nSincerely ")
    assert answer.status_code == 200
    assert set(answer.get_json()) == {"text", "spans"}
    assert set(answer.get_json()["spans"][0]) == {"start", "end"}
    assert answer.get_json()["text"] == "Größer 🌉 than you, you fucking asshole.\nSincerely"
    assert marked(answer) == ["fucking", "asshole"]
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("The bridge stays open until spring.", id="nothing-to-mark"),
        pytest.param("Cheap viagra at https://pills.example http://bit.ly/1", id="what-makes-it-spam"),
        pytest.param("Write to me: ada@mail.example, +44 20 7946 0000", id="what-is-no-matter-of-tone"),
    ],
)
def test_what_is_not_marked(ask, body):
    assert marked(ask(body)) == []


def test_lists_cannot_be_read_out_of_it(ask):
    assert len(marked(ask("asshole, bastard. " * 40))) == MOST_SPANS
    answers = [ask("asshole", network=2).status_code for _ in range(RATE.count + 1)]
    assert answers == [200] * RATE.count + [429]
    assert ask("asshole", network=3).status_code == 200


def test_while_the_policy_is_being_made_nothing_is_marked(ask, readers, monkeypatch):
    monkeypatch.setattr(readers.client.application.extensions[TONES], "judge", lambda *_: None)
    answer = ask("asshole", network=4)
    assert (answer.status_code, answer.get_json()) == (200, {"text": "asshole", "spans": []})


def test_who_may_ask(ask, readers, services):
    assert ask("asshole", Origin="https://evil.example").get_json()["code"] == "foreign_origin"
    assert ask("asshole", Origin=readers.site.origins[0]).status_code == 200
    assert ask("").status_code == 422
    assert ask("asshole", site="no-such-site").status_code == 404
    with services.write() as session:
        site = session.get_one(Site, readers.site.id)
        site.settings = msgspec.structs.replace(site.settings, nudge=False, name_max=70)
    readers.client.application.extensions["rejoinder.intake"].sites._found.clear()
    assert ask("asshole").get_json()["code"] == "nudge_off"
