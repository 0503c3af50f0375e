"""Nobody publishes a text that they have not read: an approval names the revision it is for."""

import dataclasses

import msgspec
import pytest

from models import Status
from service.app import create_app
from service.cli.diagnostics import check_all
from service.moderation.jobs import repair, runner
from service.moderation.jobs.repair import Repair
from service.moderation.jobs.repair_scope import Scope
from service.settings import Settings
from service.wiring import Services
from tests.desk.conftest import API
from tests.factories import edit, move_comment
from tests.lookups import decisions, seen


def ask(caller, *items):
    answer = caller.post(f"{API}/decisions", json={"decisions": list(items)})
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()["decisions"]


@pytest.fixture(params=["browser", "key"])
def caller(request, newsroom, browser_of, program):
    if request.param == "key":
        return program(newsroom.key("moderate"))
    return browser_of(newsroom.moderator("Anna", "admin"))


@pytest.mark.parametrize("status", [Status.PENDING, Status.REJECTED, Status.SPAM, Status.APPROVED])
@pytest.mark.parametrize("more", [{}, {"expected_revision": None}], ids=["missing", "null"])
def test_an_approval_without_a_revision_publishes_nothing(services, newsroom, caller, status, more):
    comment_id, other = newsroom.comment(status=status), newsroom.comment()
    before = seen(services, comment_id)
    refused, made = ask(
        caller,
        {"comment_id": comment_id, "action": "approve", **more},
        {"comment_id": other, "action": "approve", "expected_revision": 1},
    )
    assert (refused["status"], refused["code"], refused["comment_id"]) == (428, "revision_required", comment_id)
    assert "expected_revision" in refused["detail"]
    now = seen(services, comment_id)
    assert (now.status, now.revision) == (before.status, before.revision)
    assert made["status"] == "approved"


@pytest.mark.parametrize("action", ["reject", "spam", "pending", "keep"])
def test_what_publishes_nothing_needs_no_revision(newsroom, caller, action):
    assert "code" not in ask(caller, {"comment_id": newsroom.comment(), "action": action})[0]


def test_an_edit_meanwhile_is_not_published_unread(services, newsroom, caller):
    comment_id = newsroom.published()
    revision = seen(services, comment_id).revision
    edit(services, comment_id, "Buy my pills.")
    refused = ask(caller, {"comment_id": comment_id, "action": "approve", "expected_revision": revision})[0]
    assert (refused["status"], refused["code"]) == (409, "decided")
    assert seen(services, comment_id).published_version == 1


def test_what_is_published_after_a_takedown_is_what_was_shown(services, newsroom, caller):
    comment_id = newsroom.published("The first text.")
    edit(services, comment_id, "The second text.")
    for action in ("reject", "reject"):  # The edit, then what was up beside it.
        ask(caller, {"comment_id": comment_id, "action": action})
    now = seen(services, comment_id)
    assert (now.status, now.published_version, now.current_version) == (Status.REJECTED, None, 2)
    entry = caller.get(f"{API}/queue?status=rejected").get_json()["comments"][0]
    assert entry["text"] == "The second text."
    ask(caller, {"comment_id": comment_id, "action": "approve", "expected_revision": entry["revision"]})
    assert seen(services, comment_id).published_version == 2


def test_an_undo_brings_back_what_was_up_and_no_edit_since(services, newsroom, caller):
    comment_id = newsroom.published()
    taken_down = ask(caller, {"comment_id": comment_id, "action": "spam"})[0]
    edit(services, comment_id, "Buy my pills.")
    late = caller.post(f"{API}/decisions/{taken_down['decision_id']}/undo")
    assert (late.status_code, late.get_json()["code"]) == (409, "decided")
    assert seen(services, comment_id).published_version is None


def test_a_bulk_approval_leaves_out_what_was_edited_after_it_was_asked_for(services, newsroom, site, caller):
    scope, ids = Scope(status=Status.PENDING), [newsroom.comment() for _ in range(2)]
    for comment_id in ids:
        move_comment(services, comment_id, Status.PENDING)
    actor = newsroom_actor(services, newsroom)
    counted = repair.count(services, actor, site, scope, Repair.APPROVE)
    job = repair.begin(services, actor, site, scope, Repair.APPROVE, as_of=counted.as_of)
    edit(services, ids[0], "Buy my pills.")
    move_comment(services, ids[0], Status.PENDING)
    while runner.run_one(services):
        pass
    assert [seen(services, comment_id).status for comment_id in ids] == [Status.PENDING, Status.APPROVED]
    with services.read() as session:
        assert session.get(type(job), job.id).tally["counts"] == {"touched": 1, "changed": 1}
    assert decisions(services, ids[0])[-1].job_id is None


@pytest.mark.parametrize("path", ["bulk", "cluster"])
def test_an_approval_of_many_says_which_count_it_is_for(services, newsroom, caller, path):
    """Between the count and the press a writer may have put another text there."""
    first = newsroom.comment("Ask Anna for these lamps.")
    newsroom.comment("Ask Anna for those lamps.", copy_of=first)
    where = "/bulk" if path == "bulk" else f"/sites/gazette/clusters/{first}"
    asked = {"filter": {"site": "gazette", "status": "pending"}} if path == "bulk" else {"comment_id": first}
    as_of = caller.post(f"{API}{where}", json=asked | {"action": "approve"}).get_json()["as_of"]
    edit(services, first, "Buy my pills.")
    move_comment(services, first, Status.PENDING)
    asked |= {"dry_run": False}
    unseen = caller.post(f"{API}{where}", json=asked | {"action": "approve"})
    assert (unseen.status_code, unseen.get_json()["code"]) == (428, "count_required")
    assert not runner.run_one(services)
    begun = caller.post(f"{API}{where}", json=asked | {"action": "approve", "as_of": as_of})
    assert begun.status_code == 202
    while runner.run_one(services):
        pass
    assert seen(services, first).status is Status.PENDING
    assert caller.post(f"{API}{where}", json=asked | {"action": "spam"}).status_code == 202


def newsroom_actor(services, newsroom):
    from service.accounts.sessions import session_actor

    actor = session_actor(services, newsroom.session(newsroom.moderator("Ann")))
    assert actor is not None
    return actor


@pytest.fixture
def lenient(services) -> Services:
    """The service under the setting for older programs."""
    settings = msgspec.structs.replace(services.settings, approve_without_revision=True)
    return dataclasses.replace(services, settings=settings)


def test_older_programs_get_a_release_of_time(lenient, newsroom):
    client = create_app(lenient, rooms=("service.desk.routes",)).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {newsroom.key('moderate')}"
    assert ask(client, {"comment_id": newsroom.comment(), "action": "approve"})[0]["status"] == "approved"
    found = [check for check in check_all(lenient) if check.what == "approvals"]
    assert [(check.level, "expected_revision" in check.do) for check in found] == [("note", True)]


def test_doctor_says_nothing_where_it_is_off(services):
    assert not [check for check in check_all(services) if check.what == "approvals"]


@pytest.mark.parametrize(("given", "expected"), [({}, False), ({"REJOINDER_APPROVE_WITHOUT_REVISION": "on"}, True)])
def test_the_setting(tmp_path, given, expected):
    environ = {"DATA_DIR": str(tmp_path), "REJOINDER_SECRET_KEYS": "k" * 40, **given}
    assert Settings.from_environment(environ).approve_without_revision is expected
