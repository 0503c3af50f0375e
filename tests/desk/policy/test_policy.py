"""The policy by API and by page: versions, diff, rollback, rehearsals, repairs, jobs; nothing of another site."""

import re

import pytest

from models import Decision, Site, Status
from service.errors import TooMany, Unavailable
from service.moderation.jobs import runner
from service.moderation.policies import site_policy, versions, word_lists

API = "/api/v1/moderation"
HERE = f"{API}/sites/gazette"
PAGE = "/moderate/sites/gazette/policy"
STRICT = """format: 1
lists:
  - {name: ours, kind: banned, words: [bridge], verdict: reject}
"""
BROKEN = "format: 1\nrules:\n  word_lits: {}\n"


@pytest.fixture
def site(services, site):
    with services.write() as session:
        kept = session.get_one(Site, site.id)
        kept.settings_json = kept.settings_json | {"first_comments_held": False}
    return kept


def put(caller, yaml, note=""):
    answer = caller.put(f"{HERE}/policy", json={"yaml": yaml, "note": note})
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()


def work(services):
    while runner.run_one(services):
        pass


def judged_by(newsroom, version, text="The bridge is long overdue.", status=Status.REJECTED, **more):
    """A comment that this version of the policy has decided, with facts."""
    comment_id = newsroom.comment(text, status=status, findings=[{"rule": "word_list", "message": "listed"}], **more)
    with newsroom.services.write() as session:
        made = session.query(Decision).filter_by(comment_id=comment_id).one()
        made.policy_version = version
        made.facts = {"approved_before": 1, "thread_state": "open"}
    return comment_id


def test_versions_and_what_is_between_them(boss, reader):
    put(boss, "format: 1\n", "first")
    put(boss, STRICT, "bridges")
    said = reader.get(f"{HERE}/policy/versions").get_json()
    assert [(found["version"], found["note"], found["author"]) for found in said["versions"]] == [
        (2, "bridges", "Boss"),
        (1, "first", "Boss"),
    ]
    page = reader.get(f"{HERE}/policy/versions?limit=1").get_json()
    assert (len(page["versions"]), page["next_before"]) == (1, 2)
    assert [found["version"] for found in reader.get(f"{HERE}/policy/versions?before=2").get_json()["versions"]] == [1]
    assert reader.get(f"{HERE}/policy?version=1").get_json()["yaml"] == "format: 1\n"
    assert reader.get(f"{HERE}/policy?version=0").get_json()["version"] == 0
    assert reader.get(f"{HERE}/policy?version=9").status_code == 404
    diff = reader.get(f"{HERE}/policy/diff?from=1").get_json()
    assert (diff["from"], diff["to"]) == (1, 2)
    assert [(line["kind"], line["old"], line["new"]) for line in diff["lines"]] == [
        ("same", 1, 1),
        ("new", None, 2),
        ("new", None, 3),
    ]


def test_check_says_where_and_changes_nothing(reader):
    answer = reader.post(f"{HERE}/policy/check", json={"yaml": BROKEN})
    assert answer.status_code == 422
    (problem,) = answer.get_json()["problems"]
    assert (problem["line"], problem["column"]) == (3, 3)
    assert "word_list" in problem["message"]
    assert reader.post(f"{HERE}/policy/check", json={"yaml": STRICT}).status_code == 204
    assert reader.get(f"{HERE}/policy").get_json()["version"] == 0


@pytest.mark.parametrize(
    "broken",
    [BROKEN, "a: &x 1\nb: *x", "[" * 5000, "note: a\0b", "# " + "x" * 262_144, "rules: {patterns: {patterns: 1}}"],
    ids=["unknown rule", "alias", "deep", "nul", "too large", "wrong type"],
)
def test_a_broken_policy_never_goes_live_and_the_old_one_stays(boss, broken):
    put(boss, STRICT)
    answer = boss.put(f"{HERE}/policy", json={"yaml": broken, "note": ""})
    assert answer.status_code == 422, answer.get_json()
    in_force = boss.get(f"{HERE}/policy").get_json()
    assert (in_force["version"], in_force["yaml"]) == (1, STRICT)


def test_rollback_is_a_new_version_and_offers_the_repair(newsroom, boss, anna):
    put(boss, "format: 1\n")
    put(boss, STRICT)
    judged_by(newsroom, "2")
    assert anna.post(f"{HERE}/policy/rollback", json={"version": 1}).status_code == 403
    late = boss.post(f"{HERE}/policy/rollback", json={"version": 1, "expected_version": 1})
    assert (late.status_code, late.get_json()["code"]) == (409, "policy_changed")
    said = boss.post(f"{HERE}/policy/rollback", json={"version": 1}).get_json()
    assert (said["policy"]["version"], said["policy"]["yaml"]) == (3, "format: 1\n")
    assert said["repairs"] == [
        {"filter": {"site": "gazette", "policy_version": "2"}, "actions": ["rejudge", "revert"], "decisions": 1}
    ]
    entry = boss.get(f"{API}/audit").get_json()["entries"][0]
    assert (entry["action"], entry["details"]["back_to"]) == ("policy.rollback", 1)
    for version in (3, 7):
        assert boss.post(f"{HERE}/policy/rollback", json={"version": version}).status_code == 422


def test_a_rehearsal_from_asking_to_labels(services, newsroom, boss, anna, reader):
    put(boss, "format: 1\n")
    hit = judged_by(newsroom, "1", status=Status.APPROVED)
    judged_by(newsroom, "1", "A fine day.", status=Status.APPROVED)
    assert reader.post(f"{HERE}/policy/rehearsals", json={"policy": STRICT}).status_code == 403
    answer = anna.post(f"{HERE}/policy/rehearsals", json={"policy": STRICT, "comments": 10})
    assert answer.status_code == 202
    job = answer.get_json()
    assert (job["state"], job["total"], job["kind"], job["by"]["name"]) == ("waiting", 2, "rehearsal", "Anna")
    assert (
        anna.post(f"{API}/jobs/{job['id']}/labels", json={"labels": [{"comment_id": hit, "label": "stop"}]}).status_code
        == 409
    )
    work(services)
    done = reader.get(f"{API}/jobs/{job['id']}").get_json()
    assert (done["state"], done["done"]) == ("done", 2)
    assert done["rehearsed"]["changed"]["hits"] == 1
    assert done["rehearsed"]["changes"][0] in (
        {"from": "approve", "to": "reject", "count": 1},
        {"from": "approve", "to": "approve", "count": 1},
    )
    assert [(case["comment_id"], case["before"], case["after"]) for case in done["cases"]] == [
        (hit, "approve", "reject")
    ]
    assert "yaml" not in done["asked"]
    said = anna.post(f"{API}/jobs/{job['id']}/labels", json={"labels": [{"comment_id": hit, "label": "stop"}]})
    assert said.get_json()["read"]["right_after"]["hits"] == 1
    assert said.get_json()["read"]["right_before"]["hits"] == 0
    assert (
        anna.post(f"{API}/jobs/{job['id']}/labels", json={"labels": [{"comment_id": "x", "label": None}]}).status_code
        == 422
    )
    assert anna.post(f"{API}/jobs/{job['id']}/undo").status_code == 409


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"policy": BROKEN}, 422),
        ({"policy": STRICT, "version": 0}, 422),
        ({"policy": STRICT, "comments": 3, "days": 1}, 422),
        ({"policy": STRICT, "comments": 0}, 422),
        ({"policy": STRICT, "days": 91}, 422),
        ({"version": 5}, 404),
        ({"version": 0}, 202),
    ],
    ids=str,
)
def test_what_can_be_rehearsed(anna, body, status):
    assert anna.post(f"{HERE}/policy/rehearsals", json=body).status_code == status


def test_bulk_counts_first_then_repairs_then_undoes(services, newsroom, boss, anna):
    put(boss, STRICT)
    ids = [judged_by(newsroom, "1"), judged_by(newsroom, "1")]
    asked = {"filter": {"site": "gazette", "policy_version": "1"}, "action": "revert"}
    dry = anna.post(f"{API}/bulk", json=asked)
    assert dry.status_code == 200
    said = dry.get_json()
    assert (said["dry_run"], said["complete"], said["counts"]["changed"], said["job"]) == (True, True, 2, None)
    assert said["counts"]["changes"] == [{"from": "rejected", "to": "pending", "count": 2}]
    assert said["sample"] == [{"comment_id": id_, "from": "rejected", "to": "pending"} for id_ in ids]
    late = judged_by(newsroom, "1")
    work(services)
    assert anna.get(f"{API}/comments/{ids[0]}").get_json()["status"] == "rejected"

    begun = anna.post(f"{API}/bulk", json=asked | {"dry_run": False, "as_of": said["as_of"]})
    assert begun.status_code == 202
    job = begun.get_json()["job"]["id"]
    work(services)
    done = anna.get(f"{API}/jobs/{job}").get_json()
    assert (done["state"], done["repaired"]["changed"], done["rehearsed"]) == ("done", 2, None)
    assert (done["total"], done["at_least"]) == (2, False)
    assert anna.get(f"{API}/comments/{ids[0]}").get_json()["status"] == "pending"
    assert anna.get(f"{API}/comments/{late}").get_json()["status"] == "rejected", "it came after the count"
    assert anna.post(f"{API}/jobs/{job}/undo").status_code == 202
    work(services)
    assert anna.get(f"{API}/comments/{ids[0]}").get_json()["status"] == "rejected"
    assert anna.get(f"{API}/jobs/{job}").get_json()["undone_by"]
    actions = [entry["action"] for entry in anna.get(f"{API}/audit").get_json()["entries"]]
    assert actions[:2] == ["job.undo", "job.repair"]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"action": "burn"}, 422),
        ({"filter": {"site": "gazette"}}, 422),
        ({"filter": {"policy_version": "1"}}, 422),
        ({"filter": {"site": "gazette", "status": "received"}}, 422),
        ({"filter": {"site": "gazette", "since": "2026-03-01T00:00:00"}}, 422),
        ({"filter": {"site": "gazette", "since": "2026-03-01T00:00:00Z"}}, 200),
        ({"filter": {"site": "nowhere", "rule": "word_list"}}, 404),
        ({"dry_run": False, "reason": "He is Ana Roe"}, 422),
        ({"dry_run": False, "reason": "insult"}, 202),
        ({"dry_run": False, "as_of": "yesterday"}, 422),
    ],
    ids=str,
)
def test_what_can_be_repaired(anna, changes, status):
    asked = {"filter": {"site": "gazette", "policy_version": "1"}, "action": "revert"} | changes
    assert anna.post(f"{API}/bulk", json=asked).status_code == status


def test_another_sites_things_are_not_there(services, newsroom, boss, anna, stranger):
    put(boss, STRICT)
    judged_by(newsroom, "1")
    job = anna.post(f"{HERE}/policy/rehearsals", json={"version": 1}).get_json()["id"]
    for answer in (
        stranger.get(f"{HERE}/policy/versions"),
        stranger.get(f"{HERE}/policy/diff?from=0"),
        stranger.post(f"{HERE}/policy/check", json={"yaml": STRICT}),
        stranger.post(f"{HERE}/policy/rollback", json={"version": 0}),
        stranger.post(f"{HERE}/policy/rehearsals", json={"version": 0}),
        stranger.post(f"{API}/bulk", json={"filter": {"site": "gazette", "rule": "x"}, "action": "spam"}),
        stranger.get(f"{API}/jobs/{job}"),
        stranger.post(f"{API}/jobs/{job}/undo"),
        stranger.post(f"{API}/jobs/{job}/labels", json={"labels": [{"comment_id": "x", "label": None}]}),
        stranger.get(PAGE),
        stranger.get(f"{PAGE}/jobs/{job}"),
        stranger.get(f"/moderate/sites/herald/policy/jobs/{job}"),
    ):
        assert answer.status_code == 404, answer.request.path
    unknown = stranger.get(f"{API}/jobs/01ARZ3NDEKTSV4RRFFQ69G5FAV").get_json()
    assert unknown == stranger.get(f"{API}/jobs/{job}").get_json()


def test_a_thread_can_be_put_under_a_preset(newsroom, program, boss):
    caller = program(newsroom.key("cms"))
    said = {"key": "k", "canonical_url": "https://news.test/k"}
    assert caller.put(f"{HERE}/threads", json=said | {"mode": "obituary"}).get_json()["mode"] == "obituary"
    assert caller.put(f"{HERE}/threads", json=said | {"mode": "our_own"}).status_code == 422
    put(boss, "format: 1\npresets:\n  our_own: {mode: manual}\n")
    assert caller.put(f"{HERE}/threads", json=said | {"mode": "our_own"}).get_json()["mode"] == "our_own"


def token(page):
    return re.search(r'name="csrf" value="([^"]+)"', page)[1]


@pytest.fixture
def plain(newsroom, browser_of):
    """An administrator's browser without JavaScript."""
    return browser_of(newsroom.moderator("Petra", "admin"), csrf=False)


def press(caller, path, **fields):
    page = caller.get(PAGE).get_data(as_text=True)
    return caller.post(path, data={"csrf": token(page)} | fields)


def test_the_page_marks_the_wrong_line_and_keeps_the_text(plain):
    answer = press(plain, PAGE, yaml=BROKEN, what="check")
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "Line 3, column 3" in page
    assert "<mark>  word_lits: {}</mark>" in page
    assert "word_lits" in page.split("<textarea")[1]
    assert press(plain, PAGE, yaml=BROKEN, what="on", expected="0").status_code == 422
    assert press(plain, PAGE, yaml=BROKEN, what="rehearse").status_code == 422
    assert "Nothing is wrong" in press(plain, PAGE, yaml=STRICT, what="check").get_data(as_text=True)


def test_the_page_names_the_schema_for_editors(services, plain):
    page = plain.get(PAGE).get_data(as_text=True)
    assert 'href="/policy.schema.json"' in page
    assert f"<code># yaml-language-server: $schema={services.settings.public_url}/policy.schema.json</code>" in page


def test_the_page_from_rehearsal_to_repair(services, newsroom, plain):
    assert press(plain, PAGE, yaml="format: 1\r\n", what="on", expected="0", note="ours").status_code == 303
    hit = judged_by(newsroom, "1", "The <b>bridge</b>.", status=Status.APPROVED)
    answer = press(plain, PAGE, yaml=STRICT, what="rehearse", over="7d")
    assert answer.status_code == 303
    where = answer.headers["Location"]
    assert 'http-equiv="refresh"' in plain.get(where).get_data(as_text=True)
    work(services)
    page = plain.get(where).get_data(as_text=True)
    assert "http-equiv" not in page
    assert "The &lt;b&gt;bridge&lt;/b&gt;." in page
    assert "Listed word" in page
    assert press(plain, f"{where}/labels", **{f"label.{hit}": "publish"}).status_code == 303
    assert re.search(r'value="publish" checked', plain.get(where).get_data(as_text=True))

    assert press(plain, PAGE, yaml=STRICT, what="on", expected="1").status_code == 303
    refused = press(plain, PAGE, yaml=STRICT, what="on", expected="1")
    assert refused.status_code == 409
    assert "bridge" in refused.get_data(as_text=True).split("<textarea")[1]
    judged_by(newsroom, "2")
    assert '<tr class="new">' in plain.get(f"{PAGE}?compare=2").get_data(as_text=True)
    back = press(plain, f"{PAGE}/rollback", version="1", expected="2").get_data(as_text=True)
    assert "as version 3" in back
    assert "Version 2 made 1 decision." in back
    counted = press(plain, f"{PAGE}/repair", policy_version="2", action="rejudge").get_data(as_text=True)
    assert "Repair 1 comment<" in counted
    begun = press(plain, f"{PAGE}/repair", policy_version="2", action="rejudge", go="1")
    work(services)
    done = plain.get(begun.headers["Location"]).get_data(as_text=True)
    assert "1 comment was changed" in done
    undone = press(plain, f"{begun.headers['Location']}/undo")
    work(services)
    assert "1 comment was changed" in plain.get(undone.headers["Location"]).get_data(as_text=True)


def test_who_sees_which_buttons(newsroom, boss, anna, reader):
    put(boss, STRICT)
    pages = [caller.get(PAGE).get_data(as_text=True) for caller in (boss, anna, reader)]
    assert [("Switch on" in page, "Rehearse</button>" in page, "readonly" in page) for page in pages] == [
        (True, True, False),
        (False, True, False),
        (False, False, True),
    ]
    for page in pages:
        # It works without; the head's own is a file of ours.
        assert re.findall(r"<script[^>]*>", page) == ['<script type="module" src="/moderate/static/head.js">']
    assert anna.post(PAGE, data={"yaml": STRICT, "what": "on"}).status_code == 403
    assert reader.post(PAGE, data={"yaml": STRICT, "what": "check"}).status_code == 403


def test_a_policy_at_its_limit_fits_the_form(plain):
    yaml = "format: 1\n" + "# ä\n" * 50_000
    assert "Nothing is wrong" in press(plain, PAGE, yaml=yaml, what="check").get_data(as_text=True)


@pytest.fixture
def untried(monkeypatch):
    """Nothing of a policy is tried or compiled in the process that answers."""

    def never(*args, **more):
        pytest.fail("this is work for another process")

    for module, name in ((word_lists, "load_policy"), (site_policy, "compile_policy")):
        monkeypatch.setattr(module, name, never)


def test_a_request_leaves_trying_and_compiling_to_others(newsroom, program, boss, anna, reader, untried):
    assert reader.post(f"{HERE}/policy/check", json={"yaml": STRICT}).status_code == 204
    assert reader.post(f"{HERE}/policy/check", json={"yaml": BROKEN}).status_code == 422
    put(boss, STRICT)
    assert anna.post(f"{HERE}/policy/rehearsals", json={"policy": STRICT}).status_code == 202
    assert boss.get(f"{HERE}/checks").status_code == 200
    thread = {"key": "k", "canonical_url": "https://news.test/k", "mode": "our_own"}
    assert program(newsroom.key("cms")).put(f"{HERE}/threads", json=thread).status_code == 422


@pytest.mark.parametrize("refused", [TooMany("Others.", retry_after=2), Unavailable("Others.", retry_after=2)])
def test_where_too_many_policies_are_checked_the_page_keeps_the_text(plain, reader, monkeypatch, refused):
    def busy(*args, **more):
        raise refused

    monkeypatch.setattr(versions, "check", busy)
    page = press(plain, PAGE, yaml=STRICT, what="check")
    assert (page.status_code, page.headers["Retry-After"]) == (refused.status, "2")
    assert "name: ours, kind: banned" in page.get_data(as_text=True)
    answer = reader.post(f"{HERE}/policy/check", json={"yaml": STRICT})
    assert (answer.status_code, answer.headers["Retry-After"]) == (refused.status, "2")


def test_a_long_wrong_line_is_shown_shortly(plain):
    page = press(plain, PAGE, yaml="lists: [" + "[]," * 5000 + "]", what="check")
    shown = page.get_data(as_text=True)
    assert page.status_code == 422
    assert len(shown) < 120_000


def test_two_versions_with_little_in_common_are_shown_in_part(boss, reader):
    for word in "ab":
        put(boss, "".join(f"# {word}{n}\n" for n in range(2000)))
    diff = reader.get(f"{HERE}/policy/diff?from=1&to=2").get_json()
    assert (len(diff["lines"]), diff["more"]) == (2000, 2000)
    assert "And 2,000 more lines" in reader.get(f"{PAGE}?compare=2").get_data(as_text=True)
