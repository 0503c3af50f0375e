"""People and keys of a site for its administrators, by API and by plain forms; a receipt shut by one."""

import re

import pytest

from service.accounts.sign_in import LINK_LIFE
from tests.desk.conftest import CANARY
from tests.desk.queue.test_pages import hidden, page_of
from tests.factories import add_moderator, add_receipt
from tests.lookups import seen

API = "/api/v1/moderation"
PEOPLE = f"{API}/moderators"
KEYS = f"{API}/sites/gazette/keys"
PAGE = "/moderate/sites/gazette/people"
EMAIL = "canary.new@desk.example"
NEW = {"email": EMAIL, "role": "moderator", "sites": ["gazette"], "name": "Nora"}


@pytest.fixture
def editor(newsroom, browser_of):
    """The browser of an administrator of the one site."""
    return browser_of(newsroom.moderator("Edith", "admin"))


@pytest.fixture
def boss(newsroom, browser_of):
    """The browser of an administrator of every site."""
    return browser_of(newsroom.moderator("Boss", "admin", everywhere=True))


def named(caller, name, query=""):
    found = caller.get(PEOPLE + query).get_json()["moderators"]
    return next((one for one in found if one["name"] == name), None)


def token_of(link):
    assert link.startswith("http://127.0.0.1:8000/moderate/sign-in/")
    return link.rpartition("/")[2]


def test_a_moderator_from_first_link_to_closed(services, newsroom, editor, client):
    made = editor.post(PEOPLE, json=NEW)
    assert made.status_code == 201
    answer = made.get_json()
    link = answer.pop("sign_in")
    assert link["expires_at"] == (services.clock.now() + LINK_LIFE).isoformat().replace("+00:00", "Z")
    assert answer.pop("created_at")
    assert answer.pop("id") == named(editor, "Nora")["id"]
    assert answer == {
        "name": "Nora",
        "roles": [{"site": "gazette", "role": "moderator"}],
        "elsewhere": False,
        "changeable": True,
        "seen_at": None,
        "closed_at": None,
    }
    assert client.post(f"/moderate/sign-in/{token_of(link['link'])}").status_code == 303
    assert client.get(f"{API}/queue").status_code == 200
    assert client.get(PEOPLE).status_code == 403
    place = f"{PEOPLE}/{named(editor, 'Nora')['id']}"
    changed = editor.patch(place, json={"role": "viewer", "name": "Nora N."}).get_json()
    assert (changed["name"], changed["roles"]) == ("Nora N.", [{"site": "gazette", "role": "viewer"}])
    assert changed["seen_at"]
    assert client.post(f"{API}/leases", json={"site": "gazette"}).status_code == 403
    again = editor.post(f"{place}/link")
    assert again.status_code == 201
    unused = token_of(again.get_json()["sign_in"]["link"])
    assert editor.delete(place).status_code == 204
    assert editor.delete(place).status_code == 204
    assert client.get(f"{API}/queue").status_code == 401
    assert client.get(f"/moderate/sign-in/{unused}").status_code == 410
    assert client.post(f"/moderate/sign-in/{unused}").status_code == 410
    for refused in (editor.patch(place, json={"name": "Nora"}), editor.post(f"{place}/link")):
        assert (refused.status_code, refused.get_json()["code"]) == (409, "account_closed")
    trail = [entry["action"] for entry in editor.get(f"{API}/audit?site=gazette").get_json()["entries"]]
    assert trail == ["moderator.close", "moderator.link", "moderator.set", "moderator.add"]


def test_no_answer_has_an_address(editor, boss):
    answers = [editor.post(PEOPLE, json=NEW), editor.post(PEOPLE, json=NEW), editor.get(PEOPLE), boss.get(PEOPLE)]
    answers += [editor.get(PAGE), editor.get(f"{API}/audit"), boss.get(f"{API}/audit")]
    answers += [editor.patch(f"{PEOPLE}/{answers[0].get_json()['id']}", json={"name": EMAIL})]
    assert [answer.status_code for answer in answers] == [201, 409, 200, 200, 200, 200, 200, 422]
    assert not any("canary" in answer.get_data(as_text=True) for answer in answers)


@pytest.mark.parametrize("method, path", [("PATCH", ""), ("DELETE", ""), ("POST", "/link")])
def test_an_administrator_of_one_site_stays_on_it(newsroom, elsewhere, editor, boss, method, path):
    theirs = elsewhere.moderator("Theirs")
    nowhere = editor.open(f"{PEOPLE}/01ARZ3NDEKTSV4RRFFQ69G5FAV{path}", method=method, json={"role": "viewer"})
    there = editor.open(f"{PEOPLE}/{theirs}{path}", method=method, json={"role": "viewer"})
    assert (there.status_code, there.get_json()) == (404, nowhere.get_json())
    shared = shared_by(newsroom, elsewhere)
    for who in (shared, named(boss, "Boss")["id"]):
        refused = editor.open(f"{PEOPLE}/{who}{path}", method=method, json={"role": "viewer"})
        assert (refused.status_code, refused.get_json()["code"]) == (403, "roles_elsewhere")
    seen = named(editor, "Shared")
    assert (seen["roles"], seen["elsewhere"], seen["changeable"]) == (
        [{"site": "gazette", "role": "moderator"}],
        True,
        False,
    )
    assert named(editor, "Theirs") is None
    assert "herald" not in editor.get(PEOPLE).get_data(as_text=True)
    assert named(boss, "Shared")["changeable"]


def test_no_role_is_given_on_a_site_that_is_not_theirs(elsewhere, editor):
    made = editor.post(PEOPLE, json=NEW).get_json()
    for sites, status in ((["herald"], 404), (["gazette", "herald"], 404), (["nowhere"], 404), (None, 403)):
        body = NEW | {"email": "other@desk.example", "sites": sites}
        assert editor.post(PEOPLE, json=body).status_code == status
        assert editor.patch(f"{PEOPLE}/{made['id']}", json={"sites": sites}).status_code == status
    assert editor.get(f"{PEOPLE}?site=herald").status_code == 404
    assert named(editor, "Nora")["roles"] == made["roles"]


def test_the_last_administrator_of_everything(newsroom, boss):
    place = f"{PEOPLE}/{named(boss, 'Boss')['id']}"
    calls = [
        lambda: boss.delete(place),
        lambda: boss.patch(place, json={"role": "moderator"}),
        lambda: boss.patch(place, json={"sites": ["gazette"]}),
    ]
    for call in calls:
        refused = call()
        assert (refused.status_code, refused.get_json()["code"]) == (409, "last_admin")
    newsroom.moderator("Next", "admin", everywhere=True)
    assert boss.delete(place).status_code == 204
    assert boss.get(PEOPLE).status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"email": "nobody"}, id="no address"),
        pytest.param({"email": "x" * 330 + "@desk.example"}, id="long address"),
        pytest.param({"role": "king"}, id="role"),
        pytest.param({"sites": []}, id="no sites"),
        pytest.param({"name": "x" * 81}, id="long name"),
        pytest.param({"name": "nora@desk.example"}, id="an address as name"),
        pytest.param({"password": "four unrelated words"}, id="unknown field"),
    ],
)
def test_a_moderator_that_cannot_be(editor, change):
    assert editor.post(PEOPLE, json=NEW | change).status_code == 422


def test_a_key_from_made_to_revoked(newsroom, editor, program):
    made = editor.post(KEYS, json={"scope": "moderate"})
    assert made.status_code == 201
    key = made.get_json()
    assert set(key) == {"id", "key", "site", "scope", "created_at", "used_at", "revoked_at", "made_by"}
    assert program(key["key"]).get(f"{API}/queue").status_code == 200
    (shown,) = editor.get(KEYS).get_json()["keys"]
    assert shown == {name: value for name, value in key.items() if name != "key"} | {"used_at": shown["used_at"]}
    assert shown["used_at"]
    for _ in range(2):
        assert editor.delete(f"{KEYS}/{key['id']}").status_code == 204
    assert program(key["key"]).get(f"{API}/queue").status_code == 401
    # A key that is no longer good must not fall back to the cookie of the browser that sends it.
    both = {"Authorization": f"Bearer {key['key']}"}
    assert editor.get(f"{API}/queue", headers=both).status_code == 401
    (shown,) = editor.get(KEYS).get_json()["keys"]
    assert shown["revoked_at"]
    trail = [entry["action"] for entry in editor.get(f"{API}/audit").get_json()["entries"]]
    assert trail == ["key.revoke", "key.add"]


def test_keys_of_another_site_are_not_there(newsroom, elsewhere, editor, boss):
    theirs = boss.post(f"{API}/sites/herald/keys", json={"scope": "read"}).get_json()
    assert editor.get(f"{API}/sites/herald/keys").status_code == 404
    assert editor.post(f"{API}/sites/herald/keys", json={"scope": "read"}).status_code == 404
    assert editor.delete(f"{API}/sites/herald/keys/{theirs['id']}").status_code == 404
    own = editor.delete(f"{KEYS}/{theirs['id']}")
    assert (own.status_code, own.get_json()) == (404, editor.delete(f"{KEYS}/nothing").get_json())
    assert boss.get(f"{API}/sites/herald/keys").get_json()["keys"][0]["revoked_at"] is None


def test_keys_come_in_pages(editor):
    made = [editor.post(KEYS, json={"scope": "read"}).get_json()["id"] for _ in range(3)]
    first = editor.get(f"{KEYS}?limit=2").get_json()
    rest = editor.get(f"{KEYS}?limit=2&cursor={first['next_cursor']}").get_json()
    assert [key["id"] for key in first["keys"] + rest["keys"]] == made[::-1]
    assert rest["next_cursor"] is None


def shared_by(newsroom, elsewhere):
    """A moderator of both newsrooms."""
    both = (newsroom.site, elsewhere.site)
    return add_moderator(newsroom.services, "moderator", *both, address="shared@desk.example", name="Shared").id


def with_receipt(services, newsroom, **more):
    """A comment and the text of its receipt, as intake leaves them."""
    comment_id = newsroom.comment(**more)
    return comment_id, add_receipt(services, seen(services, comment_id))


def test_a_revoked_receipt_shuts_the_writers_door_only(services, newsroom, program):
    from service.app import create_app

    comment_id, receipt = with_receipt(services, newsroom, address=CANARY)
    reader = create_app(services, rooms=("service.intake.routes",)).test_client()
    assert reader.get(f"/api/v1/receipts/{receipt}").status_code == 200
    caller, body = program(newsroom.key("admin")), {"reason": "it was posted elsewhere"}
    assert caller.get(f"{API}/comments/{comment_id}").get_json()["receipt_revoked_at"] is None
    first = caller.post(f"{API}/comments/{comment_id}/revoke-receipt", json=body)
    assert first.status_code == 200
    assert caller.post(f"{API}/comments/{comment_id}/revoke-receipt", json=body).get_json() == first.get_json()
    for method in ("GET", "PATCH", "DELETE"):
        assert reader.open(f"/api/v1/receipts/{receipt}", method=method, json={"body": "x"}).status_code == 404
    case = caller.get(f"{API}/comments/{comment_id}").get_json()
    assert (case["status"], case["revision"]) == ("pending", 1)
    assert case["receipt_revoked_at"] == first.get_json()["receipt_revoked_at"]
    (entry,) = caller.get(f"{API}/audit").get_json()["entries"]
    assert (entry["action"], entry["target"], entry["details"]) == ("receipt.revoke", comment_id, body)


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "  "}, {"reason": "x" * 501}])
def test_a_receipt_is_not_revoked_without_a_reason(services, newsroom, program, body):
    comment_id, _ = with_receipt(services, newsroom)
    answer = program(newsroom.key("admin")).post(f"{API}/comments/{comment_id}/revoke-receipt", json=body)
    assert answer.status_code == 422


def test_a_receipt_is_revoked_by_a_plain_form(services, newsroom, browser_of):
    comment_id, _ = with_receipt(services, newsroom)
    desk = browser_of(newsroom.moderator("Ada", "admin"), csrf=False)
    page = page_of(desk)
    fields = {"csrf": hidden(page, "csrf"), "comment_id": comment_id, "reason": "lost"}
    assert desk.post("/moderate/revoke-receipt", data=fields | {"csrf": "guess"}).status_code == 403
    assert desk.post("/moderate/revoke-receipt", data=fields | {"reason": " "}).status_code == 422
    done = desk.post("/moderate/revoke-receipt", data=fields)
    assert "The receipt was revoked" in page_of(desk, done.headers["Location"])
    anna = browser_of(newsroom.moderator("Anna"))
    assert "Revoke the receipt" not in page_of(anna, f"/moderate/?at={comment_id}")
    assert anna.post("/moderate/revoke-receipt", data=fields).status_code == 403


@pytest.fixture
def plain(newsroom, browser_of):
    """An administrator's browser that sends only what stands in the page's forms."""
    return browser_of(newsroom.moderator("Edith", "admin"), csrf=False)


def once(page, field):
    found = re.search(rf'<input id="{field}" class="once" readonly value="([^"]+)"', page)
    assert found, page
    return found[1]


def test_people_by_plain_forms(newsroom, plain, client):
    page = page_of(plain, PAGE)
    csrf = {"csrf": hidden(page, "csrf")}
    form = {"email": EMAIL, "name": "Nora", "role": "moderator", "where": "here"}
    assert plain.post(f"{PAGE}/add", data=form).status_code == 403
    made = plain.post(f"{PAGE}/add", data=csrf | form)
    assert made.status_code == 201
    link = once(made.get_data(as_text=True), "link")
    assert client.post(f"/moderate/sign-in/{token_of(link)}").status_code == 303
    assert link not in page_of(plain, PAGE)
    again = plain.post(f"{PAGE}/add", data=csrf | form)
    assert again.status_code == 409
    assert "already an account" in again.get_data(as_text=True)
    page = page_of(plain, PAGE)
    moderator_id = re.search(r"people/([0-9A-Z]{26})/close", page[page.index("Nora") :])[1]
    place = f"{PAGE}/{moderator_id}"
    changed = plain.post(f"{place}/change", data=csrf | {"name": "Nora N.", "role": "viewer", "where": "keep"})
    page = page_of(plain, changed.headers["Location"])
    assert "Nora N." in page
    assert "Viewer here" in page
    assert plain.post(f"{place}/change", data=csrf | {"name": "N", "role": "king", "where": "keep"}).status_code == 400
    assert plain.post(f"{place}/change", data=csrf | {"name": "N", "role": "", "where": "every"}).status_code == 403
    assert once(plain.post(f"{place}/link", data=csrf).get_data(as_text=True), "link") != link
    closed = plain.post(f"{place}/close", data=csrf)
    assert "1 closed account" in page_of(plain, closed.headers["Location"])
    assert client.get(f"{API}/queue").status_code == 401


def test_keys_by_plain_forms(plain, program):
    csrf = {"csrf": hidden(page_of(plain, PAGE), "csrf")}
    made = plain.post(f"{PAGE}/keys", data=csrf | {"scope": "read"})
    key = once(made.get_data(as_text=True), "key")
    assert program(key).get(f"{API}/queue").status_code == 200
    page = page_of(plain, PAGE)
    assert key not in page
    key_id = re.search(r"keys/([0-9A-Z]{26})/revoke", page)[1]
    assert plain.post(f"{PAGE}/keys/{key_id}/revoke").status_code == 403
    done = plain.post(f"{PAGE}/keys/{key_id}/revoke", data=csrf)
    assert "opens nothing any more" in page_of(plain, done.headers["Location"])
    assert program(key).get(f"{API}/queue").status_code == 401


def test_the_page_is_for_administrators_of_the_site(newsroom, elsewhere, browser_of, editor, client):
    assert client.get(PAGE).headers["Location"].startswith("/moderate/sign-in?next=")
    for role in ("viewer", "moderator"):
        desk = browser_of(newsroom.moderator(role, role))
        assert desk.get(PAGE).status_code == 403
        assert "/people" not in page_of(desk)
    assert f'href="{PAGE}"' in page_of(editor)
    assert editor.get("/moderate/sites/herald/people").status_code == 404
    # What it cannot change it does not offer.
    shared_by(newsroom, elsewhere)
    page = page_of(editor, PAGE)
    assert "Only an administrator of every site can change this account." in page
    assert 'value="every"' not in page


def test_a_used_link_names_the_command_that_makes_another(client):
    used = client.get("/moderate/sign-in/used-before")
    assert used.status_code == 410
    assert "<code>rejoinder moderator link ADDRESS</code>" in used.get_data(as_text=True)
