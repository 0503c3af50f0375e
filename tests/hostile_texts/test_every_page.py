"""Every text of texts.jsonl on every page of the service, in a real browser: none of them does anything there.

They stand in the rows as if nothing had been refused at the door, for rows are older than the checks of today.
"""

import json
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Route

from models import Comment, Moderator, PolicyVersion, Site, Status
from service.app import ROUTE_MODULES
from service.intake.proofs import PER_PAGE as PROOFS_PER_PAGE
from service.privacy.links import new_proof_link, proof_path, unsubscribe_path, unsubscribe_token
from tests.factories import add_receipt, finding
from tests.hostile_texts.watched import Watched
from tests.widget.live_server import Live, serving

pytestmark = pytest.mark.browser

ROWS = [json.loads(line) for line in Path(__file__).with_name("texts.jsonl").read_text("ascii").splitlines()]
TEXTS: list[str] = [row["text"] for row in ROWS]
# So many stand in one comment, a paragraph each: a page costs more than a text.
TOGETHER = 14
BODIES = ["\n\n".join(TEXTS[at : at + TOGETHER]) for at in range(0, len(TEXTS), TOGETHER)]
PER_PAGE = 25


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, redis_server: str) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("hostile"), redis_server, rooms=ROUTE_MODULES) as live:
        yield live


@pytest.fixture(scope="module")
def watched(browser: Browser) -> Iterator[Watched]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(20_000)
    yield Watched(context)
    context.close()


def test_the_file_has_texts_of_every_kind() -> None:
    assert len(set(TEXTS)) == len(ROWS) > 500
    assert len({row["kind"] for row in ROWS}) >= 15


def test_what_a_text_might_do_would_be_noticed(live: Live, watched: Watched) -> None:
    """The watch itself: on a page of ours that lets a text through, each of these is seen."""
    before = len(watched.happened)
    address = f"{live.base}/embed/demo?thread=watched"

    def let_through(route: Route) -> None:
        answer = route.fetch()
        text = "<img src=https://evil.example/x onerror=alert(1)>"
        route.fulfill(response=answer, body=answer.text().replace("</body>", f"{text}</body>"))

    watched.page.route(address, let_through)
    page = watched.open(address, "img[onerror]")
    watched.page.unroute(address)
    page.evaluate("setTimeout(() => alert('seen'))")
    watched.look()
    noticed = "\n".join(watched.happened[before:])
    assert all(what in noticed for what in ("element on", "policy on", "dialog on"))
    watched.happened.clear()


# A quarter of a minute; ten times that where others want the processors too.
@pytest.mark.timeout(400)
def test_no_text_does_anything_on_any_page(live: Live, watched: Watched) -> None:
    up, waiting = _fill(live)
    paths = _readers_pages(live, up, waiting)
    for path, selector in paths:
        watched.open(live.base + path, selector)
    _widgets(live, watched)
    _a_refused_form(live, watched)
    _desk(live, watched, waiting)
    assert watched.seen > len(paths)
    assert watched.happened == []


def _fill(live: Live) -> tuple[list[str], list[str]]:
    """Comments with every text in body, name and website, published ones and waiting ones; answers their ids."""
    texts = cycle(TEXTS)
    room = live.newsroom
    with live.services.write() as session:
        site = session.get_one(Site, live.site.id)
        site.name = f"{TEXTS[0]} {TEXTS[len(TEXTS) // 2]}"[:200]
        site.settings_json = {"reasons": {"off_topic": next(texts)[:200]}, "staff_names": [TEXTS[1]]}
        policy = PolicyVersion(site_id=site.id, n=1, document="# " + TEXTS[3] + "\n", note=TEXTS[5][:500])
        policy.created_at = live.services.clock.now()
        session.add(policy)
    up, waiting = [], []
    for n, body in enumerate(BODIES):
        thread = room.thread(f"hostile-{n // PER_PAGE}", title=next(texts)[:300], url=f"{live.news}/demo/")
        common = {"thread": thread, "website": next(texts)[:300], "name": next(texts)[:200]}
        up.append(room.published(body, **common))
        common["name"] = next(texts)[:200]
        evidence = [finding("word_list", next(texts)[:300], 0, min(len(body), 9))]
        asks = {"address": "canary@example.org", "wants_confirm": True}
        waiting.append(room.comment(body, findings=evidence, **asks, **common))
    return up, waiting


def _readers_pages(live: Live, up: list[str], waiting: list[str]) -> list[tuple[str, str]]:
    services, now = live.services, live.services.clock.now()
    threads = range(-(-len(BODIES) // PER_PAGE))
    paths = [f"/embed/demo?thread=hostile-{n}" for n in threads]
    paths += [
        "/embed/demo?" + urlencode({"thread": text[:60], "page_url": text, "page_title": text, "reply_to": text[:26]})
        for text in TEXTS[::90]
    ]
    paths += [f"/embed/demo?thread=hostile-0&reply_to={up[n]}" for n in range(0, len(up), 14)]
    paths += [f"/demo/?{urlencode({'thread': text[:100]})}" for text in TEXTS[::120]]
    paths += ["/", "/docs", f"/moderate/sign-in?{urlencode({'next': TEXTS[0]})}"]
    with services.write() as session:
        # One page of the newest, and one after the other of those before it.
        proof = proof_path(new_proof_link(session, services.keyring, comment_id=waiting[-1], now=now))
        paths += [proof] + [f"{proof}?before={comment_id}" for comment_id in sorted(waiting)[::PROOFS_PER_PAGE]]
        for comment_id in waiting[::6]:
            paths.append(unsubscribe_path(unsubscribe_token(session, services.keyring, comment_id, now)))
    for comment_id in up[::2] + waiting[1::2]:
        with services.read() as session:
            comment = session.get_one(Comment, comment_id)
        paths.append(f"/receipts/{add_receipt(services, comment)}")
    return [(path, "body") for path in paths]


def _widgets(live: Live, watched: Watched) -> None:
    for n in range(-(-len(BODIES) // PER_PAGE)):
        watched.open(live.demo(f"hostile-{n}"), "rejoinder-comments article")
        watched.page.wait_for_load_state("networkidle")
        watched.look()


def _a_refused_form(live: Live, watched: Watched) -> None:
    """What was typed comes back into its fields, with what is wrong beside them."""
    for n in range(0, len(TEXTS), 150):
        page = watched.open(f"{live.base}/embed/demo?thread=hostile-0")
        for field in ("name", "email", "website", "body"):
            page.locator(f"[name={field}]").evaluate("(field, text) => { field.value = text }", TEXTS[n])
        page.locator("form:has([name=body])").evaluate("(form) => { form.noValidate = true; form.requestSubmit() }")
        page.wait_for_selector("[role=alert]")
        watched.look()


def _desk(live: Live, watched: Watched, waiting: list[str]) -> None:
    room = live.newsroom
    boss = room.moderator("Boss", "admin")
    people = {room.moderator(f"m{n}"): text for n, text in enumerate(TEXTS[::70])}
    with live.services.write() as session:
        for person_id, text in people.items():
            session.get_one(Moderator, person_id).name = text[:200]
    room.services.redis.flushall()
    room.take_down(waiting[0], Status.SPAM)
    room.take_down(waiting[1], Status.REJECTED)
    watched.context.add_cookies([{"name": room.cookie, "value": room.session(boss), "url": live.base}])
    desk = f"{live.base}/moderate"
    page = watched.open(f"{desk}/", "#case .text")
    for _ in range(min(PER_PAGE, len(waiting)) - 1):
        shown = page.locator("#case .text").inner_text()
        page.keyboard.press("j")
        page.wait_for_function("(was) => document.querySelector('#case .text')?.innerText !== was", arg=shown)
        watched.look()
    for comment_id in waiting[PER_PAGE:]:
        watched.open(f"{desk}/case/{comment_id}", "#case .text")
    for tab in ("approved", "rejected", "spam"):
        watched.open(f"{desk}/?tab={tab}")
    for text in TEXTS[::120]:
        watched.open(f"{desk}/?{urlencode({'q': text[:200]})}")
    for place in ("people", "bans", "policy", "policy?version=1&compare=1", "classifier"):
        watched.open(f"{desk}/sites/demo/{place}")
    for text in TEXTS[::200]:
        watched.open(f"{desk}/sites/demo/bans?{urlencode({'done': text, 'trouble': text})}")
