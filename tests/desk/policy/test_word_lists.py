"""A site's own lists of words, by API: kept in versions, in force only once the policy is switched on again."""

import pytest

from models import ActorKind, ListFile
from moderation_rules import Comment, Facts
from moderation_rules.lists.shipped import shipped_lists
from service.moderation.jobs import runner
from service.moderation.policies import versions
from service.moderation.policies.in_force import Policies, policy_at
from service.moderation.policies.word_lists import MOST_WORDS
from service.web_server.bodies import MOST_OF_A_LIST
from tests.desk.policy.test_policy import judged_by, put

API = "/api/v1/moderation"
HERE = f"{API}/sites/gazette"
NAMING = "format: 1\nlists:\n  - {name: ours, kind: banned, file: ours.txt, verdict: reject}\n"


def upload(caller, words, name="ours.txt", **more):
    return caller.put(f"{HERE}/lists/{name}", data=words, content_type="text/plain", **more)


def lists(caller):
    return caller.get(f"{HERE}/lists").get_json()["lists"]


def finds(services, site_id, text):
    """Whether the policy in force refuses the text for a listed word."""
    with services.read() as session:
        policy = Policies().of(session, [site_id], services.clock.now().date())[site_id]
    return any(found.rule == "word_list" for found in policy.judge.judge(Comment(text), Facts()).findings)


def test_a_list_counts_only_when_the_policy_is_switched_on(services, site, boss):
    first = upload(boss, b"\xef\xbb\xbf# ours\nzwibbel\n\ngrumf two\n")
    assert first.status_code == 200, first.get_json()
    said = first.get_json()
    assert (said["n"], said["entries"], said["in_force"], said["n_in_force"]) == (1, 2, False, None)
    assert put(boss, NAMING)["lists"] == {"ours.txt": 1}
    assert finds(services, site.id, "what a zwibbel")
    assert upload(boss, "plonkel").get_json()["n"] == 2
    assert (finds(services, site.id, "a plonkel"), finds(services, site.id, "a zwibbel")) == (False, True)
    (line,) = lists(boss)
    assert (line["n"], line["in_force"], line["n_in_force"], line["author"]) == (2, False, 1, "Boss")
    again = put(boss, NAMING)
    assert (again["version"], again["lists"]) == (2, {"ours.txt": 2})
    assert (finds(services, site.id, "a plonkel"), finds(services, site.id, "a zwibbel")) == (True, False)
    diff = boss.get(f"{HERE}/policy/diff?from=1&to=2").get_json()
    assert (diff["lines"], diff["lists"]) == ([], [{"name": "ours.txt", "old": 1, "new": 2}])


def test_a_rollback_brings_the_old_list_back_even_a_removed_one(services, site, boss):
    upload(boss, "zwibbel")
    put(boss, NAMING)
    put(boss, "format: 1\n")
    assert boss.delete(f"{HERE}/lists/ours.txt").status_code == 204
    assert lists(boss) == []
    back = boss.post(f"{HERE}/policy/rollback", json={"version": 1})
    assert back.status_code == 200, back.get_json()
    assert back.get_json()["policy"]["lists"] == {"ours.txt": 1}
    assert finds(services, site.id, "a zwibbel")
    (line,) = lists(boss)
    assert (line["removed"], line["n_in_force"]) == (True, 1)
    with services.read() as session:
        old = policy_at(session, site, "1", services.clock.now().date())
        assert old is not None
        assert old.policy.lists["ours.txt"] == "zwibbel"
    # What is switched on anew goes by what is there now.
    answer = boss.put(f"{HERE}/policy", json={"yaml": NAMING, "note": ""})
    assert answer.status_code == 422
    assert "there is no list file" in answer.get_json()["problems"][0]["message"]
    assert upload(boss, "zwibbel").get_json()["n"] == 3


def test_a_rehearsal_sees_the_newest_list_and_one_of_a_version_its_own(services, newsroom, boss):
    upload(boss, "zwibbel")
    put(boss, NAMING)
    hit = judged_by(newsroom, "1", "Mind the plonkel there.")
    upload(boss, "plonkel")
    assert boss.post(f"{HERE}/policy/check", json={"yaml": NAMING}).status_code == 204

    def refused(body):
        job = boss.post(f"{HERE}/policy/rehearsals", json=body | {"comments": 10})
        assert job.status_code == 202, job.get_json()
        assert "lists" in job.get_json()["asked"]
        while runner.run_one(services):
            pass
        changes = boss.get(f"{API}/jobs/{job.get_json()['id']}").get_json()["rehearsed"]["changes"]
        return [change["to"] for change in changes]

    assert hit
    assert refused({"policy": NAMING}) == ["reject"]
    assert refused({"version": 1}) != ["reject"]


def test_a_list_that_the_policy_in_force_names_stays(boss, anna, reader, stranger):
    upload(boss, "zwibbel")
    put(boss, NAMING)
    answer = boss.delete(f"{HERE}/lists/ours.txt")
    assert (answer.status_code, answer.get_json()["code"]) == (409, "list_in_use")
    assert anna.delete(f"{HERE}/lists/ours.txt").status_code == 403
    assert upload(anna, "mine").status_code == 403
    assert upload(stranger, "mine").status_code == 404
    assert reader.get(f"{HERE}/lists/ours.txt").get_data(as_text=True) == "zwibbel"
    assert reader.get(f"{HERE}/lists/ours.txt?n=2").status_code == 404
    assert stranger.get(f"{HERE}/lists/ours.txt").status_code == 404
    put(boss, "format: 1\n")
    assert boss.delete(f"{HERE}/lists/ours.txt").status_code == 204
    assert boss.delete(f"{HERE}/lists/ours.txt").status_code == 404


def test_a_section_may_name_a_list(services, site, boss):
    upload(boss, "zwibbel")
    layered = "format: 1\nsections: {sport: {lists: [{name: ours, kind: banned, file: ours.txt}]}}\n"
    assert put(boss, layered)["lists"] == {"ours.txt": 1}


def test_the_same_text_again_is_no_new_version_and_every_other_one_is_in_the_trail(services, boss):
    assert [upload(boss, words).get_json()["n"] for words in ("one", "one", "two")] == [1, 1, 2]
    entries = boss.get(f"{API}/audit").get_json()["entries"]
    made = [(entry["action"], entry["details"]["n"]) for entry in entries if entry["action"] == "list.put"]
    assert made == [("list.put", 2), ("list.put", 1)]
    assert entries[0]["by"]["kind"] == ActorKind.MODERATOR
    with services.read() as session:
        assert session.query(ListFile).count() == 2


@pytest.mark.parametrize(
    ("raw", "status", "said"),
    [
        (b"fine\nna\xefve\n", 422, "line 2: not text in UTF-8"),
        (b"\xff\xfef\x00i\x00", 422, "line 1: not text in UTF-8"),
        (b"fine\nno\x00pe\n", 422, "line 2: has a NUL"),
        (b"fine\n\n" + b"x" * 201, 422, "line 3: longer than 200"),
        (b"# many\n" + b"a\n" * (MOST_WORDS + 1), 422, f"line {MOST_WORDS + 2}: more than {MOST_WORDS:,}"),
        (b"a" * (MOST_OF_A_LIST + 1), 413, "2 MiB"),
        (b"a" * (MOST_OF_A_LIST + 9), 413, ""),
    ],
    ids=["latin-1", "utf-16", "nul", "long line", "too many", "too large", "far too large"],
)
def test_what_is_no_list_is_refused_with_its_line(boss, raw, status, said):
    answer = upload(boss, raw)
    assert answer.status_code == status, answer.get_json()
    assert said in answer.get_json().get("detail", "")
    assert lists(boss) == []


@pytest.mark.parametrize("name", ["profanity_en.txt", "ours", "-ours.txt", "o%20urs.txt", "a" * 97 + ".txt"])
def test_a_name_that_is_not_to_be_had(boss, name):
    name = sorted(shipped_lists())[0] if name == "profanity_en.txt" else name
    assert upload(boss, "word", name=name).status_code == 422


@pytest.mark.parametrize("kind", ["application/json", "text/plain; charset=iso-8859-1"])
def test_another_kind_of_content_is_refused(boss, kind):
    assert boss.put(f"{HERE}/lists/ours.txt", data=b"word", content_type=kind).status_code == 415


def test_a_list_uploaded_between_check_and_switching_on_is_noticed(services, site, boss, monkeypatch):
    upload(boss, "zwibbel")
    checked = versions.check_policy

    def late(*args, **more):
        used = checked(*args, **more)
        monkeypatch.setattr(versions, "check_policy", checked)
        assert upload(boss, "plonkel").status_code == 200
        return used

    monkeypatch.setattr(versions, "check_policy", late)
    answer = boss.put(f"{HERE}/policy", json={"yaml": NAMING, "note": ""})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "policy_changed")
    assert put(boss, NAMING)["lists"] == {"ours.txt": 2}


PAGE = "/moderate/sites/gazette/policy"


def send(caller, raw, name="", filename="ours.txt"):
    parts = (f'name="name"\r\n\r\n{name}', f'name="file"; filename="{filename}"\r\n\r\n')
    head = "".join(f"\r\n--edge\r\nContent-Disposition: form-data; {part}" for part in parts)
    body = head.lstrip().encode() + raw + b"\r\n--edge--\r\n"
    return caller.post(f"{PAGE}/lists", data=body, content_type="multipart/form-data; boundary=edge")


def test_the_page_uploads_shows_and_removes(boss, reader):
    answer = send(boss, b"zwibbel\nplonkel\n")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PAGE}?done=uploaded#lists")
    assert "until then nothing changes" in boss.get(f"{PAGE}?done=uploaded").get_data(as_text=True)
    put(boss, NAMING)
    assert send(boss, b"zwibbel\n").status_code == 303
    page = reader.get(PAGE).get_data(as_text=True)
    assert "Still version 1; this is 2" in page
    assert "Newer than what is in force: ours.txt" in page
    assert 'type="file"' not in page
    assert "version 2 instead of 1" in [put(boss, NAMING), boss.get(f"{PAGE}?compare=2").get_data(as_text=True)][1]
    stuck = boss.post(f"{PAGE}/lists", data={"remove": "ours.txt"})
    assert stuck.status_code == 409
    assert "Switch on a policy without it first." in stuck.get_data(as_text=True)
    put(boss, "format: 1\n")
    assert boss.post(f"{PAGE}/lists", data={"remove": "ours.txt"}).status_code == 303
    assert "no lists of its own yet" in boss.get(PAGE).get_data(as_text=True)


@pytest.mark.parametrize(
    ("raw", "filename", "status", "said"),
    [
        (b"fine\nna\xefve\n", "ours.txt", 422, "line 2: not text in UTF-8"),
        (b"a" * (MOST_OF_A_LIST + 1), "ours.txt", 413, "2 MiB"),
        (b"word", "ours.csv", 422, "ends in .txt"),
        (b"", "", 422, "Choose a file first."),
    ],
    ids=["latin-1", "too large", "a table", "none"],
)
def test_the_page_says_what_is_wrong_with_a_file(boss, raw, filename, status, said):
    answer = send(boss, raw, filename=filename)
    assert answer.status_code == status
    assert said in answer.get_data(as_text=True)


def test_only_administrators_upload(anna, reader, browser_of, newsroom):
    assert {send(caller, b"word").status_code for caller in (anna, reader)} == {403}
    assert send(browser_of(newsroom.moderator("Carl", "admin"), csrf=False), b"word").status_code == 403


def test_lists_that_are_too_long_together_are_refused(boss, monkeypatch):
    monkeypatch.setattr(versions, "MOST_TOGETHER", 2)
    upload(boss, "one\ntwo\nthree")
    answer = boss.put(f"{HERE}/policy", json={"yaml": NAMING, "note": ""})
    assert (answer.status_code, answer.get_json()["errors"][0]["code"]) == (422, "too_many")
    assert "ours.txt" in answer.get_json()["detail"]
