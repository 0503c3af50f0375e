"""Nobody but an administrator can test a guess by a ban of an address: two sites, told apart only by what was typed.

On both an address is banned, and a comment comes in: on one under that address, on the other under another one. Every
page and answer for moderators and viewers is asked for on both, and must be the same.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models import Comment, Site, Status
from service.accounts.access import opened_to
from service.accounts.sessions import session_actor
from service.app import create_app
from service.intake.receive import EXTENSION
from service.moderation.jobs import runner
from service.moderation.judging.worker import Worker
from service.wiring import Services
from tests.factories import Newsroom, add_site
from tests.intake.reader import Reader
from tests.waiting import wait_until

API = "/api/v1/moderation"
BANNED, GUESSES = "eve@example.org", ("EVE+1@example.org", "ada@example.org")
STRICT = "format: 1\nrules:\n  banned: {score: 3}\nlists:\n  - {name: ours, kind: banned, words: [bridge]}\n"
NARROWED = (
    "",
    "&rule=banned",
    "&q=bridge",
    "&status=pending",
    "&status=approved",
    "&order=oldest",
    "&filter=unreviewed",
)


@dataclass
class World:
    newsroom: Newsroom
    reader: Reader
    # The comment that was typed under the banned address or under another one, its receipt, and a job's id.
    guess: str
    receipt: str
    job: str
    callers: dict[str, FlaskClient]

    @property
    def slug(self) -> str:
        return self.newsroom.site.slug


@pytest.fixture
def app(services: Services) -> Iterator[Flask]:
    app = create_app(services)
    yield app
    app.extensions[EXTENSION].commits.close()


@pytest.fixture(params=[True, False], ids=["first-comments-held", "publishes-by-itself"])
def worlds(services: Services, app: Flask, request: pytest.FixtureRequest) -> list[World]:
    sites = [add_site(services, slug, first_comments_held=request.param) for slug in ("gazette", "tribune")]
    return [_world(services, app, site, guess) for site, guess in zip(sites, GUESSES, strict=True)]


def _world(services: Services, app: Flask, site: Site, guess: str) -> World:
    newsroom = Newsroom(services, site)
    reader = Reader(app.test_client(), services, site)
    page = {"page_url": f"{site.origins[0]}/1"}
    spam = reader.posted(email=BANNED, body="Something nasty.", **page)["id"]
    with_key = _program(app)
    admin = with_key(newsroom.key("admin"))
    assert admin.post(f"{API}/comments/{spam}/bans", json={"kind": "address"}).status_code == 201
    found = reader.posted(email=guess, body="The bridge is long overdue.", confirm=True, **page)
    worker = Worker(services)

    def judged() -> bool:
        # Another thread sends it, after the answer.
        worker.drain()
        with services.read() as session:
            return session.get_one(Comment, found["id"]).status is not Status.RECEIVED

    wait_until(judged, what="the judgement")
    moderator = with_key(newsroom.key("moderate"))
    asked = moderator.post(f"{API}/sites/{site.slug}/policy/rehearsals", json={"policy": STRICT, "comments": 10})
    while runner.run_one(services):
        pass
    callers = {
        "administrator": admin,
        "moderator": moderator,
        "viewer": with_key(newsroom.key("read")),
        "moderator-in-a-browser": _browser(app, newsroom, "moderator"),
        "viewer-in-a-browser": _browser(app, newsroom, "viewer"),
    }
    return World(newsroom, reader, found["id"], found["receipt"], asked.get_json()["id"], callers)


def _program(app: Flask) -> Callable[[str], FlaskClient]:
    def make(key: str) -> FlaskClient:
        found = app.test_client()
        found.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
        return found

    return make


def _browser(app: Flask, newsroom: Newsroom, role: str) -> FlaskClient:
    token = newsroom.session(newsroom.moderator(f"{role}-{newsroom.site.slug}", role))
    found = app.test_client()
    found.set_cookie(newsroom.cookie, token, domain="localhost")
    actor = session_actor(newsroom.services, token)
    assert actor is not None
    found.environ_base["HTTP_X_CSRF_TOKEN"] = actor.csrf or ""
    return found


def _asked(app: Flask, world: World) -> dict[str, tuple[str, str, object]]:
    """Name -> method, path and body of everything that a moderator or viewer can look at."""
    filled = {"site": world.slug, "comment_id": world.guess, "job_id": world.job, "name": "none", "n": "1"}
    filled |= {"entry_id": "none", "cluster": world.guess}
    asked: dict[str, tuple[str, str, object]] = {}
    for rule in app.url_map.iter_rules():
        people = set(opened_to(app.view_functions[rule.endpoint]) or ()) & {"viewer", "moderator"}
        if people and "GET" in (rule.methods or ()):
            path = re.sub(r"<(?:int:)?(\w+)>", lambda found: filled[found[1]], rule.rule)
            asked[rule.rule] = ("GET", path, None)
    for more in NARROWED:
        asked[f"queue {more}"] = ("GET", f"{API}/queue?site={world.slug}{more}", None)
    for more in ("tab=waiting", "tab=approved", "rule=banned", f"at={world.guess}", "q=bridge"):
        asked[f"desk {more.replace(world.guess, '')}"] = ("GET", f"/moderate/?site={world.slug}&{more}", None)
    for more in ({}, {"rule": "banned"}, {"rule": "first_comment"}):
        body = {"filter": {"site": world.slug} | more, "action": "revert", "dry_run": True}
        asked[f"bulk {more}"] = ("POST", f"{API}/bulk", body)
        asked[f"leases {more}"] = ("POST", f"{API}/leases", {"site": world.slug, "limit": 5} | more)
    decision = {"comment_id": world.guess, "action": "keep"}
    asked["decide"] = ("POST", f"{API}/decisions", {"decisions": [decision]})
    asked["ban"] = ("POST", f"{API}/comments/{world.guess}/bans", {"kind": "address"})
    about = f"{API}/comments/{world.guess}/writer"
    for measure in ("chain", "address", "prefix", "hold", "trust"):
        asked[f"effect {measure}"] = ("GET", f"{about}/effect?measure={measure}", None)
        asked[f"effect page {measure}"] = ("GET", f"/moderate/writer/{world.guess}/effect?kind={measure}", None)
        sweep = {"published": "pending"} if measure != "trust" else {}
        asked[f"apply {measure}"] = ("POST", f"{about}/effect", {"measure": measure, "apply": sweep})
    for kind in ("trust", "hold", "note"):
        asked[f"mark {kind}"] = ("POST", f"{about}/marks", {"kind": kind, "reason": "A guess."})
    asked["writer of a marked one"] = ("GET", about, None)
    asked["pane of a marked one"] = ("GET", f"/moderate/?at={world.guess}", None)
    asked["ban the writer"] = ("POST", f"{API}/comments/{world.guess}/bans", {"kind": "chain"})
    asked["ban the network"] = ("POST", f"{API}/comments/{world.guess}/bans", {"kind": "prefix"})
    asked["writer of a banned one"] = ("GET", f"{about}", None)
    asked["trail"] = ("GET", f"{API}/audit?site={world.slug}", None)
    return asked


def _answer(caller: FlaskClient, world: World, method: str, path: str, body: object) -> tuple[int, str]:
    answer = caller.open(path, method=method, json=body)
    text = answer.get_data(as_text=True)
    text = text.replace(world.slug, "SITE").replace(world.slug.title(), "SITE")
    # What is random for everybody: ids, the faces and names made from them, tokens of sessions.
    numbers: dict[str, str] = {}
    text = re.sub(r"\b[0-9A-HJKMNP-TV-Z]{26}\b", lambda found: numbers.setdefault(found[0], f"id{len(numbers)}"), text)
    text = re.sub(r'("pseudonym":"|class="pseudonym">)\w{4}', r"\1PSEU", text)
    text = re.sub(r'("avatar":")[0-9a-f]{16}', r"\1SEED", text)
    # By Redis' clock.
    text = re.sub(r'("until":")[^"]+', r"\1UNTIL", text)
    text = re.sub(r'(name="csrf"[^>]*value="|data-csrf="|name="csrf-token" content=")[^"]+', r"\1TOKEN", text)
    return answer.status_code, text


ROLES = ("moderator", "viewer", "moderator-in-a-browser", "viewer-in-a-browser")


def test_every_answer_is_alike_for_who_may_read(app, worlds):
    first, second = (_asked(app, world) for world in worlds)
    statuses = set()
    for role in ROLES:
        # Programs ask the API, people open pages; both are the same answers.
        pages = role.endswith("browser")
        for name in (name for name, (_, path, _) in first.items() if path.startswith("/moderate") == pages):
            one, other = (
                _answer(world.callers[role], world, *asked[name])
                for world, asked in zip(worlds, (first, second), strict=True)
            )
            assert one == other, (role, name)
            statuses.add(one[0])
    assert 200 in statuses
    # Its writer and everybody else are told the same.
    views = [world.reader.receipt(world.receipt) | {"id": ""} for world in worlds]
    assert views[0] == views[1]
    # Only administrators see what the ban meets.
    forms = [world.callers["administrator"].get(f"{API}/comments/{world.guess}").get_json()["form"] for world in worlds]
    assert [(form.get("address_banned"), len(form.get("bans", []))) for form in forms] == [(True, 1), (None, 0)]
    boss = _browser(worlds[0].reader.client.application, worlds[0].newsroom, "admin")
    assert "The address is banned." in boss.get(f"/moderate/?at={worlds[0].guess}").get_data(as_text=True)
