"""Words chosen beside a comment: proposed, observed, switched on; each step is a version of the policy."""

import pytest

from models import Status
from tests.desk.queue.test_pages import hidden, page_of

API = "/api/v1/moderation/sites/gazette/policy"


def policy(caller):
    found = caller.get(API).get_json()
    return found["version"], found["yaml"]


def test_a_moderator_proposes_and_an_administrator_switches_on(newsroom, anna, boss):
    comment_id = newsroom.comment("What a flimflam of a bridge.")
    newsroom.comment("Such FLIMFLAM!", status=Status.APPROVED)
    newsroom.comment("Nothing of it.")
    body = {"kind": "word", "text": " flimflam\n", "comment_id": comment_id}
    made = anna.post(f"{API}/entries", json=body)
    assert made.status_code == 201
    entry = made.get_json()
    assert (entry["text"], entry["state"], entry["by"], entry["policy_version"]) == (
        "flimflam",
        "proposed",
        "Anna",
        None,
    )
    caught = entry["caught"]
    assert (caught["looked_at"], caught["found"], caught["by_status"]) == (3, 2, {"pending": 1, "approved": 1})
    first = next(one for one in caught["examples"] if one["comment_id"] == comment_id)
    assert first["text"][first["start"] : first["end"]] == "flimflam"
    assert policy(boss)[0] == 0
    at = f"{API}/entries/{entry['id']}"
    assert anna.post(at, json={"to": "on"}).status_code == 403
    assert boss.post(at, json={"to": "observe"}).get_json()["policy_version"] == 1
    assert '{"word": "flimflam", "observe": true}' in policy(boss)[1]
    assert boss.post(at, json={"to": "observe"}).status_code == 409
    assert boss.post(at, json={"to": "decline"}).status_code == 409
    on = boss.post(at, json={"to": "on"}).get_json()
    assert (on["state"], on["policy_version"], on["changed_by"]) == ("on", 2, "Boss")
    assert '{"word": "flimflam", "observe": false}' in policy(boss)[1]
    # Once is enough, whoever chooses it.
    assert anna.post(f"{API}/entries", json=body).get_json()["id"] == entry["id"]
    assert len(anna.get(f"{API}/entries").get_json()["entries"]) == 1


def test_an_administrators_is_observed_at_once(newsroom, boss):
    boss.put(API, json={"yaml": "# Ours.\nmode: manual\n"})
    body = {"kind": "domain", "text": "see https://www.Pills.example/buy?now"}
    entry = boss.post(f"{API}/entries", json=body).get_json()
    assert (entry["text"], entry["state"], entry["policy_version"]) == ("pills.example", "observed", 2)
    version, text = policy(boss)
    assert version == 2
    assert text.startswith("# Ours.\n")
    assert text.rstrip().endswith("mode: manual")


def test_a_declined_one_can_be_chosen_again(newsroom, anna, boss):
    first = anna.post(f"{API}/entries", json={"kind": "word", "text": "flimflam"}).get_json()["id"]
    assert boss.post(f"{API}/entries/{first}", json={"to": "decline"}).get_json()["state"] == "declined"
    assert anna.post(f"{API}/entries", json={"kind": "word", "text": "flimflam"}).get_json()["id"] != first
    assert policy(boss)[0] == 0


def test_what_a_machine_cannot_edit_is_left_to_a_person(newsroom, boss):
    boss.put(API, json={"yaml": "lists: [{name: desk, kind: allow, words: [x]}]"})
    refused = boss.post(f"{API}/entries", json={"kind": "word", "text": "flimflam"})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "edit_by_hand")
    assert policy(boss)[0] == 1


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "word", "text": " * "},
        {"kind": "word", "text": "x" * 201},
        {"kind": "domain", "text": "no website"},
        {"kind": "domain", "text": "localhost"},
        {"kind": "phrase", "text": "x"},
    ],
)
def test_what_can_be_no_entry(newsroom, anna, body):
    assert anna.post(f"{API}/entries", json=body).status_code == 422


def test_who_may_not(newsroom, elsewhere, reader, stranger, anna):
    comment_id = newsroom.comment()
    body = {"kind": "word", "text": "flimflam", "comment_id": comment_id}
    entry = anna.post(f"{API}/entries", json=body).get_json()["id"]
    for caller, status in ((reader, 403), (stranger, 404)):
        assert caller.post(f"{API}/entries", json=body).status_code == status
        assert caller.get(f"{API}/entries").status_code == status
        assert caller.get(f"{API}/entries/caught?kind=word&text=x").status_code == status
        assert caller.get(f"/moderate/sites/gazette/policy/entries/{entry}").status_code == status
    theirs = "/api/v1/moderation/sites/herald/policy/entries"
    assert stranger.post(f"{theirs}/{entry}", json={"to": "on"}).status_code == 404
    # A comment of elsewhere is not there.
    assert stranger.post(theirs, json=body).status_code == 404
    assert anna.post(f"{API}/entries", json=body | {"comment_id": elsewhere.comment()}).status_code == 404


def test_by_plain_forms(newsroom, browser_of):
    desk = browser_of(newsroom.moderator("Ada", "admin"), csrf=False)
    comment_id = newsroom.comment("What a <b>flimflam</b>.")
    csrf = hidden(page_of(desk), "csrf")
    here = "/moderate/sites/gazette/policy/entries"
    fields = {"csrf": csrf, "comment_id": comment_id, "kind": "word", "text": "flimflam"}
    assert desk.post(here, data=fields | {"text": " "}).status_code == 422
    shown = desk.post(here, data=fields).headers["Location"]
    page = page_of(desk, shown)
    assert "&lt;b&gt;<mark>flimflam</mark>&lt;/b&gt;" in page
    assert "decides nothing" in page
    page = page_of(desk, desk.post(shown, data={"csrf": csrf, "to": "on"}).headers["Location"])
    assert "It counts" in page
    assert "flimflam" in page_of(desk, here)
