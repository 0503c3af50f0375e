"""What moderators do about a writer beside a comment: shown before, in force after, applied and undone."""

import re

import pytest

from models import Comment, Status
from service.moderation.facts.gather import gather
from service.moderation.jobs import runner
from service.moderation.policies.in_force import Policies
from service.moderation.reasons import REASONS
from tests.desk.queue.test_pages import hidden, page_of
from tests.factories import add_comment

API = "/api/v1/moderation"


def judged(services, newsroom, name):
    """The mark that a new comment of the writer meets, and what becomes of it."""
    from models import Thread

    with services.read() as session:
        thread = session.get_one(Thread, newsroom.thread())
    comment = add_comment(services, thread, "One more.", chain=newsroom.chain(name), proven="receipt")
    with services.read() as session:
        (case,) = gather(session, Policies(), [comment.id], services.clock.now())
    return case.known.get("writer_mark"), case.judge.judge(case.typed, case.facts).verdict.value


def status_of(services, *comment_ids):
    with services.read() as session:
        return [session.get_one(Comment, comment_id).status.value for comment_id in comment_ids]


def marking(comment_id):
    return f"{API}/comments/{comment_id}/writer/marks"


@pytest.mark.parametrize(
    ("kind", "mark", "verdict"), [("hold", "hold", "pending"), ("trust", "trust", "approve"), ("note", None, "pending")]
)
def test_a_mark_counts_for_what_comes_next_until_it_is_lifted(services, newsroom, anna, kind, mark, verdict):
    comment_id = newsroom.comment(chain="mira", status=Status.PENDING)
    assert judged(services, newsroom, "mira") == (None, "pending")  # The first one here.
    made = anna.post(marking(comment_id), json={"kind": kind, "reason": "As agreed.", "days": 7})
    assert made.status_code == 201
    assert judged(services, newsroom, "mira") == (mark, verdict)
    assert judged(services, newsroom, "somebody else")[0] is None
    shown = anna.get(f"{API}/comments/{comment_id}/writer").get_json()
    assert [(one["kind"], one["reason"], one["by"]) for one in shown["marks"]] == [(kind, "As agreed.", "Anna")]
    assert shown["state"] == mark
    listed = anna.get(f"{API}/sites/gazette/writer-marks").get_json()["marks"]
    assert [(one["id"], one["name"]) for one in listed] == [(made.get_json()["id"], "Mira Holm")]
    assert anna.delete(f"{API}/sites/gazette/writer-marks/{listed[0]['id']}").status_code == 204
    assert anna.delete(f"{API}/sites/gazette/writer-marks/{listed[0]['id']}").status_code == 404
    assert judged(services, newsroom, "mira")[0] is None
    actions = [entry["action"] for entry in anna.get(f"{API}/audit").get_json()["entries"]]
    assert actions[:2] == ["writer.unmark", "writer.mark"]


def test_a_mark_ends_by_itself_and_a_hold_ends_a_trust(services, fixed_clock, newsroom, program):
    anna = program(newsroom.key("moderate"))
    comment_id = newsroom.comment(chain="mira", status=Status.APPROVED)
    for kind in ("trust", "hold", "note", "note"):
        assert anna.post(marking(comment_id), json={"kind": kind, "days": 1, "reason": "x"}).status_code == 201
    kinds = [one["kind"] for one in anna.get(f"{API}/comments/{comment_id}/writer").get_json()["marks"]]
    assert kinds == ["note", "note", "hold"]
    fixed_clock.advance(days=1, seconds=1)
    assert anna.get(f"{API}/comments/{comment_id}/writer").get_json()["marks"] == []
    assert judged(services, newsroom, "mira") == (None, "approve")


def test_trust_lifts_no_more_than_it_says(services, newsroom, anna):
    """What rules find counts as ever."""
    comment_id = newsroom.comment(chain="mira")
    anna.post(marking(comment_id), json={"kind": "trust"})
    anna.post(f"{API}/comments/{comment_id}/bans", json={"kind": "chain"})
    assert judged(services, newsroom, "mira") == ("trust", "reject")


def test_a_writer_at_a_glance(services, newsroom, anna, reader):
    first = newsroom.comment(chain="mira", status=Status.APPROVED)
    newsroom.comment(chain="mira", status=Status.PENDING)
    refused = newsroom.comment(chain="mira", status=Status.PENDING)
    newsroom.comment(status=Status.APPROVED)
    body = {"decisions": [{"comment_id": refused, "action": "reject", "reason": "hate"}]}
    decision = anna.post(f"{API}/decisions", json=body).get_json()["decisions"][0]["decision_id"]
    anna.post(marking(first), json={"kind": "note", "reason": "Among us."})
    found = anna.get(f"{API}/comments/{first}/writer").get_json()
    assert (found["approved"], found["judged"], found["waiting"], found["strikes"]) == (1, 2, 1, 2)
    assert (found["refusals"][0]["reason"], found["proposal"]) == ("hate", None)
    # What moderators say among themselves is not for those who only look.
    assert reader.get(f"{API}/comments/{first}/writer").get_json()["marks"] == []
    assert "Among us." in page_of(anna, f"/moderate/?at={first}")
    assert "Among us." not in page_of(reader, f"/moderate/?at={first}")
    assert anna.post(f"{API}/decisions/{decision}/undo").status_code == 200
    assert anna.get(f"{API}/comments/{first}/writer").get_json()["strikes"] == 0


def test_strikes_propose_and_do_nothing(services, newsroom, anna):
    ids = [newsroom.comment(chain="mira") for _ in range(5)]
    decisions = [{"comment_id": one, "action": "reject", "reason": "insult"} for one in ids]
    anna.post(f"{API}/decisions", json={"decisions": decisions})
    assert anna.get(f"{API}/comments/{ids[0]}/writer").get_json()["proposal"] == "hold"
    assert judged(services, newsroom, "mira")[0] is None
    assert "speak for a hold" in page_of(anna, f"/moderate/?at={ids[0]}&tab=rejected")
    anna.post(marking(ids[0]), json={"kind": "hold"})
    assert anna.get(f"{API}/comments/{ids[0]}/writer").get_json()["proposal"] is None


@pytest.mark.parametrize(
    ("measure", "sweep", "after"),
    [
        (
            "chain",
            {"waiting": "reject", "published": "spam", "reason": "hate"},
            ["rejected", "spam", "spam", "approved"],
        ),
        ("chain", {"waiting": "spam"}, ["spam", "approved", "approved", "approved"]),
        ("hold", {"published": "pending"}, ["pending", "pending", "pending", "approved"]),
    ],
)
def test_the_effect_is_shown_before_then_had_and_undone(services, newsroom, anna, measure, sweep, after):
    """Also of what a person approved; what others wrote, and what is older, stays."""
    waits = newsroom.comment(chain="mira")
    by_rule = newsroom.comment(chain="mira", status=Status.APPROVED)
    by_person = newsroom.comment(chain="mira")
    body = {"decisions": [{"comment_id": by_person, "action": "approve", "expected_revision": 1}]}
    assert anna.post(f"{API}/decisions", json=body).status_code == 200
    other = newsroom.comment(status=Status.APPROVED)
    before = status_of(services, waits, by_rule, by_person, other)
    at = f"{API}/comments/{waits}/writer/effect"
    seen = anna.get(f"{at}?measure={measure}").get_json()
    assert (seen["waiting"], seen["published"], seen["complete"]) == (1, 2, True)
    assert {one["comment_id"] for one in seen["examples"]} == {waits, by_rule, by_person}
    assert status_of(services, waits, by_rule, by_person, other) == before
    job = anna.post(at, json={"measure": measure, "apply": sweep}).get_json()["job"]
    while runner.run_one(services):
        pass
    assert status_of(services, waits, by_rule, by_person, other) == after
    # A moderator's job is no strike: nobody read each text for it.
    assert anna.get(f"{API}/comments/{waits}/writer").get_json()["strikes"] == 0
    assert "What a writer has here" in page_of(anna, f"/moderate/sites/gazette/jobs/{job}")
    assert anna.post(f"{API}/jobs/{job}/undo").status_code == 202
    while runner.run_one(services):
        pass
    assert status_of(services, waits, by_rule, by_person, other) == before


def test_a_network_meets_what_came_unproven_from_it(services, newsroom, anna):
    home = {"prefix_hash": b"p" * 16}
    first = newsroom.comment(status=Status.APPROVED, **home)
    second = newsroom.comment(status=Status.APPROVED, **home)
    newsroom.comment(status=Status.APPROVED, proven="link", **home)
    newsroom.comment(status=Status.APPROVED, prefix_hash=b"q" * 16)
    at = f"{API}/comments/{first}/writer/effect"
    assert anna.get(f"{at}?measure=prefix").get_json()["published"] == 2
    refused = anna.post(at, json={"measure": "prefix", "apply": {"published": "reject"}})
    assert refused.status_code == 422
    anna.post(at, json={"measure": "prefix", "apply": {"published": "pending"}})
    while runner.run_one(services):
        pass
    assert status_of(services, first, second) == ["pending", "pending"]


def test_what_another_moderator_looks_at_is_left_to_them(services, newsroom, anna, browser_of):
    comment_id = newsroom.comment(chain="mira")
    bernd = browser_of(newsroom.moderator("Bernd"))
    assert bernd.post(f"{API}/leases", json={"site": "gazette", "comment_ids": [comment_id]}).status_code == 200
    body = {"measure": "chain", "apply": {"waiting": "spam"}}
    job = anna.post(f"{API}/comments/{comment_id}/writer/effect", json=body).get_json()["job"]
    while runner.run_one(services):
        pass
    assert anna.get(f"{API}/jobs/{job}").get_json()["repaired"]["leased"] == 1
    assert status_of(services, comment_id) == ["pending"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"kind": "ban"}, id="no-such-kind"),
        pytest.param({"kind": "note"}, id="a-note-without-words"),
        pytest.param({"kind": "note", "reason": "  "}, id="a-note-of-spaces"),
        pytest.param({"kind": "hold", "days": 0}, id="no-days"),
        pytest.param({"kind": "hold", "reason": "x" * 1001}, id="long"),
        pytest.param({"kind": "hold", "apply": {"waiting": "reject"}}, id="a-hold-refuses-nobody"),
        pytest.param({"kind": "trust", "apply": {"published": "pending"}}, id="trust-changes-nothing"),
        pytest.param({"kind": "hold", "apply": {"published": "pending", "reason": "taste"}}, id="no-such-reason"),
        pytest.param({"kind": "hold", "apply": {"published_days": 0}}, id="no-days-back"),
    ],
)
def test_a_mark_that_makes_no_sense(newsroom, anna, body):
    comment_id = newsroom.comment()
    assert anna.post(marking(comment_id), json=body).status_code == 422
    assert anna.get(f"{API}/comments/{comment_id}/writer").get_json()["marks"] == []


def test_who_may_not(newsroom, reader, stranger, anna, boss):
    comment_id = newsroom.comment(address="ada@mailbox.example")
    mark_id = anna.post(marking(comment_id), json={"kind": "hold"}).get_json()["id"]
    for caller, status in ((reader, 403), (stranger, 404)):
        assert caller.post(marking(comment_id), json={"kind": "hold"}).status_code == status
        assert caller.get(f"{API}/comments/{comment_id}/writer/effect?measure=hold").status_code == status
        assert caller.get(f"{API}/sites/gazette/writer-marks").status_code == status
        assert caller.delete(f"{API}/sites/gazette/writer-marks/{mark_id}").status_code == status
        assert (
            caller.post("/moderate/writer/act", data={"comment_id": comment_id, "kind": "hold"}).status_code == status
        )
    assert stranger.delete(f"{API}/sites/herald/writer-marks/{mark_id}").status_code == 404
    at = f"{API}/comments/{comment_id}/writer/effect"
    assert anna.get(f"{at}?measure=address").status_code == 403
    assert anna.post(at, json={"measure": "address", "apply": {"waiting": "spam"}}).status_code == 403
    assert boss.get(f"{at}?measure=address").get_json()["waiting"] == 0  # Anybody could have typed it.


@pytest.mark.parametrize("kind", ["chain", "hold", "trust", "note"])
def test_by_plain_forms(services, newsroom, browser_of, kind):
    desk = browser_of(newsroom.moderator("Anna"), csrf=False)
    comment_id = newsroom.comment(chain="mira")
    page = page_of(desk)
    fields = {"csrf": hidden(page, "csrf"), "comment_id": comment_id, "kind": kind, "days": "7", "reason": "<b>why</b>"}
    assert desk.post("/moderate/writer/act", data=fields | {"csrf": "guess"}).status_code == 403
    sweep = {"waiting": "reject", "published": "leave"}
    if kind != "chain":
        # What it cannot do is not left out silently: then nothing is done at all.
        for wrong in (sweep, {"published": "spam"}, {"waiting": "pending"}):
            assert desk.post("/moderate/writer/act", data=fields | wrong).status_code == 422
        assert "No writer is marked" in page_of(desk, "/moderate/sites/gazette/writers")
        sweep = {}
    done = desk.post("/moderate/writer/act", data=fields | sweep)
    assert done.status_code == 303
    page = page_of(desk, done.headers["Location"])
    assert "<b>why</b>" not in page
    assert ("/moderate/sites/gazette/jobs/" in page) == (kind == "chain")
    while runner.run_one(services):
        pass
    assert status_of(services, comment_id) == ["rejected" if kind == "chain" else "pending"]
    if kind == "chain":
        assert "Banned" in page
        again = desk.post("/moderate/writer/act", data=fields)
        assert "banned already" in page_of(desk, again.headers["Location"])
        return
    listed = page_of(desk, "/moderate/sites/gazette/writers")
    assert "Mira Holm" in listed
    lift = {"csrf": fields["csrf"], "site_of": "gazette", "mark_id": hidden(listed, "mark_id")}
    assert "No writer is marked" in page_of(desk, desk.post("/moderate/writer/unmark", data=lift).headers["Location"])


def test_what_a_measure_did_is_one_link_away(services, newsroom, anna):
    """Of a ban and of a hold, on the page and for the script; not where it met nothing."""
    csrf = {"csrf": hidden(page_of(anna), "csrf")}
    for kind, sweep, meets in (("hold", "pending", True), ("chain", "spam", True), ("hold", "pending", False)):
        comment_id = newsroom.comment(chain=f"{kind} {meets}", status=Status.APPROVED if meets else Status.PENDING)
        fields = csrf | {"comment_id": comment_id, "kind": kind, "days": "7", "published": sweep}
        page = page_of(anna, anna.post("/moderate/writer/act", data=fields).headers["Location"])
        found = re.search(r'<a href="(/moderate/sites/gazette/jobs/\w+)">See it, undo it</a>', page)
        assert (found is not None) == meets
        if found:
            while runner.run_one(services):
                pass
            assert "Undo all of it" in page_of(anna, found[1])
    fields |= {"comment_id": newsroom.comment(chain="live", status=Status.APPROVED)}
    part = anna.post("/moderate/writer/act", data=fields, headers={"X-Part": "case"}).get_data(as_text=True)
    assert re.search(r'data-job="/moderate/sites/gazette/jobs/\w{26}"', part)


@pytest.mark.parametrize(("kind", "offered"), [("chain", True), ("hold", False), ("prefix", False), ("trust", False)])
def test_only_what_a_measure_can_do_is_offered(newsroom, anna, kind, offered):
    comment_id = newsroom.comment(chain="mira", prefix_hash=b"p" * 16)
    newsroom.comment(chain="mira", status=Status.APPROVED, prefix_hash=b"p" * 16)
    page = page_of(anna, f"/moderate/writer/{comment_id}/effect?kind={kind}")
    form = page[page.index('action="/moderate/writer/act"') :]
    assert ('value="reject"' in form, 'value="spam"' in form, 'name="waiting"' in form) == (offered,) * 3
    assert ('name="published"' in form) == (kind != "trust")


def test_an_effect_can_be_seen_before_the_button_that_has_it(newsroom, anna):
    comment_id = newsroom.comment()
    page = page_of(anna, f"/moderate/?at={comment_id}")
    form = page[page.index('action="/moderate/writer/act"') :]
    form = form[: form.index("</form>")]
    for kind in ("chain", "hold"):
        assert form.index(f"/moderate/writer/{comment_id}/effect?kind={kind}") < form.index("<button")
    assert "<select" not in form.replace('<select id="writer-days"', "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("Short.\nAnd on.", "Short. And on.", id="whole"),
        pytest.param("bridges " * 40, "bridges " * 19 + "bridges…", id="after-a-word"),
        pytest.param("Ein " + "ß" * 300, "Ein " + "ß" * 156 + "…", id="no-word-ends-near"),
        pytest.param("a" * 160, "a" * 160, id="just-fits"),
        pytest.param("a" + " " * 400 + "b", "a…", id="spaces"),
    ],
)
def test_an_example_that_is_cut_says_so(newsroom, anna, text, shown):
    comment_id = newsroom.comment(text)
    found = anna.get(f"{API}/comments/{comment_id}/writer/effect?measure=chain").get_json()
    assert [one["text"] for one in found["examples"]] == [shown]


def test_the_effect_on_a_page(newsroom, anna):
    comment_id = newsroom.comment("Some <i>words</i>", chain="mira")
    newsroom.comment(chain="mira", status=Status.APPROVED)
    page = page_of(anna, f"/moderate/writer/{comment_id}/effect?kind=chain&published_days=30")
    assert "1 comment that waits would be met" in page
    assert "Some &lt;i&gt;words&lt;/i&gt;" in page
    for days in ("x", "0", "366", "0365" + "9" * 12):
        at = f"/moderate/writer/{comment_id}/effect?kind=chain&published_days={days}"
        assert anna.get(at).status_code == 422


def test_the_bar_shows_what_the_writer_will_read(services, newsroom, boss):
    own = [
        {"code": "rude", "text": "That was rude.", "words": {"de": "Das war unhöflich."}, "key": "x"},
        {"code": "law", "text": "It is forbidden.", "ground": "illegal", "clause": "§ 185"},
    ]
    assert boss.put(f"{API}/sites/gazette/reasons", json={"reasons": own}).status_code == 200
    german = newsroom.comment(thread=newsroom.thread("1", language="de"))
    page = page_of(boss, f"/moderate/?at={german}")
    assert 'data-key="x"' in page
    assert 'lang="de">Das war unhöflich.' in page
    assert "It is forbidden. (§ 185)" in page
    assert "against the law" in page
    assert REASONS["insult"] not in page


def test_what_is_decided_has_its_ways_back(newsroom, anna):
    newsroom.take_down(newsroom.published())
    kept = newsroom.published()
    page = page_of(anna, f"/moderate/?at={kept}")
    assert 'data-shortcut="f"' in page
    assert 'data-shortcut="b"' in page
    fields = {"csrf": hidden(page, "csrf"), "comment_id": kept, "expected_revision": hidden(page, "expected_revision")}
    assert anna.post("/moderate/decide", data=fields | {"decision": "keep"}).status_code == 303
    assert 'data-shortcut="f"' not in page_of(anna, f"/moderate/?at={kept}")
