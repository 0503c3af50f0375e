"""Every view says who may call it, and nobody else gets in; another site's things are not there."""

from dataclasses import replace

import msgspec
import pytest

from models import ActorKind
from service.accounts.access import Actor, open_to, opened_to
from service.accounts.sessions import set_cookie
from service.app import create_app
from service.errors import Forbidden, NotFound
from tests.accounts.views import views
from tests.factories import add_api_key, add_desk_session, add_moderator, add_site

ONE, TWO = "site-one", "site-two"


def _person(**sites: str) -> Actor:
    return Actor(
        ActorKind.MODERATOR, "id", "Mo", {name.replace("everywhere", ""): role for name, role in sites.items()}
    )


def _key(scope: str, role: str = "") -> Actor:
    return Actor(ActorKind.API_KEY, "id", "key", {"one": role}, scope)


@pytest.mark.parametrize(
    ("actor", "level", "site", "allowed"),
    [
        pytest.param(_person(one="viewer"), "viewer", "one", True, id="a viewer views"),
        pytest.param(_person(one="viewer"), "moderator", "one", False, id="a viewer does not moderate"),
        pytest.param(_person(one="moderator"), "viewer", "one", True, id="a moderator views"),
        pytest.param(_person(one="moderator"), "admin", "one", False, id="a moderator is no admin"),
        pytest.param(_person(one="admin"), "moderator", "one", True, id="an admin moderates"),
        pytest.param(_person(one="admin"), "viewer", "two", False, id="not on another site"),
        pytest.param(_person(everywhere="moderator"), "moderator", "two", True, id="on every site"),
        pytest.param(_person(everywhere="viewer", one="admin"), "admin", "one", True, id="the higher role counts"),
        pytest.param(_person(everywhere="admin", one="viewer"), "admin", "one", True, id="the higher one, either way"),
        pytest.param(_person(everywhere="viewer", one="admin"), "admin", "two", False, id="the higher one only there"),
        pytest.param(_person(one="admin"), "key:cms", "one", False, id="a person is no key"),
        pytest.param(_key("cms"), "key:cms", "one", True, id="the key's scope"),
        pytest.param(_key("cms"), "key:cms", "two", False, id="the key's scope, another site"),
        pytest.param(_key("cms"), "viewer", "one", False, id="a cms key views nothing"),
        pytest.param(_key("submit"), "key:read", "one", False, id="another scope"),
        pytest.param(_key("moderate", "moderator"), "key:read", "one", True, id="moderate reads"),
        pytest.param(_key("moderate", "moderator"), "moderator", "one", True, id="moderate moderates"),
        pytest.param(_key("admin", "admin"), "key:cms", "one", True, id="admin has every scope"),
    ],
)
def test_roles_and_scopes(actor: Actor, level: str, site: str, allowed: bool):
    assert actor.can(level, site) is allowed
    if allowed:
        actor.require(level, site)
    else:
        known = site in actor.sites or "" in actor.sites
        with pytest.raises(Forbidden if known else NotFound):
            actor.require(level, site)


def test_the_sites_somebody_sees():
    assert _person(everywhere="viewer", one="admin").site_ids("viewer") is None
    assert _person(everywhere="viewer", one="admin").site_ids("admin") == ["one"]
    assert _person(one="viewer", two="moderator").site_ids("moderator") == ["two"]
    assert _person().role is None
    assert _person(one="viewer", two="moderator").role == "moderator"


@pytest.mark.parametrize("levels", [(), ("everybody",), ("viewer", "key:all")], ids=str)
def test_an_unknown_mark_is_a_mistake(levels):
    with pytest.raises(ValueError, match="open_to"):
        open_to(*levels)


def test_the_mark_can_be_read_through_decorators(app):
    assert opened_to(app.view_functions["views.anyone"]) == ("anyone",)
    assert opened_to(app.view_functions["views.site"]) == ("viewer", "key:cms")
    assert opened_to(lambda: None) is None


# rows: who; columns: what they reach with GET
REACHES = {
    "nobody": {"viewer": 401, "moderator": 401, "admin": 401, "key:cms": 401, "anyone": 200},
    "viewer": {"viewer": 200, "moderator": 403, "admin": 403, "key:cms": 403, "anyone": 200},
    "moderator": {"viewer": 200, "moderator": 200, "admin": 403, "key:cms": 403, "anyone": 200},
    "admin": {"viewer": 200, "moderator": 200, "admin": 200, "key:cms": 403, "anyone": 200},
    "key read": {"viewer": 200, "moderator": 403, "admin": 403, "key:cms": 403, "anyone": 200},
    "key submit": {"viewer": 403, "moderator": 403, "admin": 403, "key:cms": 403, "anyone": 200},
    "key cms": {"viewer": 403, "moderator": 403, "admin": 403, "key:cms": 200, "anyone": 200},
    "key moderate": {"viewer": 200, "moderator": 200, "admin": 403, "key:cms": 403, "anyone": 200},
    "key admin": {"viewer": 200, "moderator": 200, "admin": 200, "key:cms": 200, "anyone": 200},
}


@pytest.mark.parametrize("who", REACHES)
def test_who_gets_in(services, site, client, who):
    headers = {}
    if who.startswith("key "):
        headers["Authorization"] = f"Bearer {add_api_key(services, site, who.removeprefix('key '))}"
    elif who != "nobody":
        client.set_cookie(
            "rejoinder", add_desk_session(services, add_moderator(services, who, site)), domain="localhost"
        )
    got = {level: client.get(f"/api/v1/{level}", headers=headers).status_code for level in REACHES[who]}
    assert got == REACHES[who]


def test_nobody_is_told_how_to_come_in(client):
    answer = client.get("/api/v1/viewer")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json["code"] == "sign_in_needed"


@pytest.mark.parametrize(
    ("level", "there", "status"),
    [
        ("viewer", True, 200),
        ("admin", True, 403),
        ("viewer", False, 404),
        ("admin", False, 404),
    ],
)
def test_another_sites_things_are_not_there(services, site, client, level, there, status):
    herald = add_site(services, "herald")
    client.set_cookie(
        "rejoinder", add_desk_session(services, add_moderator(services, "moderator", site)), domain="localhost"
    )
    asked = site if there else herald
    assert client.get(f"/api/v1/sites/{asked.id}?level={level}").status_code == status
    bearer = {"Authorization": f"Bearer {add_api_key(services, site, 'moderate')}"}
    other = client.application.test_client()
    assert other.get(f"/api/v1/sites/{asked.id}?level={level}", headers=bearer).status_code == status


def test_a_changing_request_by_cookie_needs_the_sessions_token(services, site, client):
    moderator = add_moderator(services, "moderator", site)
    client.set_cookie("rejoinder", add_desk_session(services, moderator), domain="localhost")
    csrf = client.get("/api/v1/moderator").json["csrf"]
    other = client.application.test_client()
    other.set_cookie("rejoinder", add_desk_session(services, moderator), domain="localhost")
    others = other.get("/api/v1/moderator").json["csrf"]
    assert csrf != others
    got = [
        client.post("/api/v1/moderator"),
        client.post("/api/v1/moderator", headers={"X-CSRF-Token": "x"}),
        client.post("/api/v1/moderator", headers={"X-CSRF-Token": others}),
        client.post("/api/v1/moderator", data={"csrf": "\u00e9"}),
        client.post("/api/v1/moderator", headers={"X-CSRF-Token": csrf}),
        client.post("/api/v1/moderator", data={"csrf": csrf}),
    ]
    assert [answer.status_code for answer in got] == [403, 403, 403, 403, 200, 200]
    assert got[0].json["code"] == "csrf"


def test_a_key_needs_no_token_and_never_falls_back_to_a_cookie(services, site, client):
    bearer = {"Authorization": f"Bearer {add_api_key(services, site, 'moderate')}"}
    assert client.post("/api/v1/moderator", headers=bearer).status_code == 200
    client.set_cookie(
        "rejoinder", add_desk_session(services, add_moderator(services, "admin", site)), domain="localhost"
    )
    for wrong in ("Bearer rj_admin_wrong", "Bearer ", "bearer x y"):
        assert client.get("/api/v1/viewer", headers={"Authorization": wrong}).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({}, 200, id="says nothing"),
        pytest.param({"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}, 200, id="our page"),
        pytest.param({"Origin": "http://127.0.0.1:8000"}, 200, id="the public URL"),
        pytest.param({"Origin": "http://evil.test"}, 403, id="another page"),
        pytest.param({"Origin": "https://127.0.0.1:8000"}, 403, id="our host by another scheme"),
        pytest.param({"Origin": "ftp://localhost"}, 403, id="no scheme of pages"),
        pytest.param({"Origin": "//localhost"}, 403, id="no scheme"),
        pytest.param({"Origin": "null"}, 403, id="a page without an origin"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, 403, id="another site"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, 403, id="a neighbour's site"),
    ],
)
def test_the_sign_in_form_is_sent_from_our_own_page(client, headers, status):
    assert client.post("/sign-in", headers=headers).status_code == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://comments.example", 200),
        ("http://comments.example", 403),
        ("https://comments.example:444", 403),
        # By its loopback address, as an operator looks in.
        ("http://localhost", 200),
    ],
)
def test_behind_tls_a_page_in_plain_is_not_ours(services, origin, status):
    settings = msgspec.structs.replace(services.settings, public_url="https://comments.example")
    host = "localhost" if "localhost" in origin else "comments.example"
    app = create_app(replace(services, settings=settings), rooms=())
    app.register_blueprint(views())
    assert app.test_client().post("/sign-in", headers={"Origin": origin, "Host": host}).status_code == status


@pytest.mark.parametrize("secure", [True, False])
def test_the_cookie(app, secure):
    response = app.response_class()
    set_cookie(response, "the-token", secure=secure)
    words = {word.strip() for word in response.headers["Set-Cookie"].split(";")}
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= words
    assert ("Secure" in words) is secure
    assert ("__Host-rejoinder=the-token" if secure else "rejoinder=the-token") in words
    assert not any(word.lower().startswith("domain") for word in words)
