"""Two moderators in two browsers, who decide one queue by keyboard until nothing waits.

    python -m benchmarks.desk.two_moderators [--texts FILE] [--comments 2000] [--a-minute 60] [--bulk 500]

`rejoinder web` as production runs it, on SQLite with `synchronous=FULL`, and Debian's chromium. First one of them
selects `--bulk` comments, calls them spam in one go and takes it back; then both press a key at that rate. It ends
with an error if a comment was opened by both or decided twice, if a page said that something went wrong, or threw.
What is told besides: how long after the key the next comment stood on the page.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright
from sqlalchemy import func, select

from benchmarks import report
from benchmarks.desk.decisions import p95, waiting
from benchmarks.load import environment, texts
from benchmarks.servers.processes import end, free_port, interruptible, wait_for
from models import Comment, Decision, Site, Status
from models.decision import PEOPLE
from service.accounts.sessions import cookie_name
from service.settings import Settings
from service.wiring import Services, wire
from tests.environment import CHROMIUM_FLAGS, chromium
from tests.factories import add_desk_session, add_moderator
from tests.servers import RedisServer, valkey_binary

KEYS = "aasa"
PATIENCE_SECONDS = 60.0

# Notes which comments were opened, in order, and how many milliseconds after the last key each stood there.
WATCH = """() => {
  globalThis.opened = [];
  globalThis.waits = [];
  let pressed = 0;
  addEventListener('keydown', () => { pressed = performance.now(); }, { capture: true });
  const look = () => {
    const id = document.querySelector('#case')?.dataset.id;
    if (!id || globalThis.opened.at(-1) === id) return;
    globalThis.opened.push(id);
    if (pressed) globalThis.waits.push(performance.now() - pressed);
    pressed = 0;
  };
  new MutationObserver(look).observe(document.querySelector('#right'), { childList: true });
  look();
}"""


def left(services: Services) -> int:
    """How many comments wait."""
    with services.read() as session:
        counted = select(func.count()).select_from(Comment).where(Comment.status == Status.PENDING)
        return session.scalar(counted) or 0


def wait_for_left(services: Services, count: int, page: Page) -> float:
    """Seconds until exactly so many wait. Raises RuntimeError when they never do."""
    began = time.perf_counter()
    while (found := left(services)) != count:
        if time.perf_counter() - began > PATIENCE_SECONDS:
            raise RuntimeError(
                f"{found} wait instead of {count}; the page says {page.locator('body').inner_text()[:500]}"
            )
        page.wait_for_timeout(50)
    return time.perf_counter() - began


def bulk_and_undo(services: Services, page: Page, count: int) -> tuple[float, float]:
    """Selects so many lines, rejects them in one go, and takes it back: the seconds of both, until all are stored."""
    waits = left(services)
    page.locator("#list .pick").first.check()
    page.get_by_role("button", name="Select up to 500").click()
    expect(page.locator("#list .pick:checked")).to_have_count(count, timeout=PATIENCE_SECONDS * 1000)
    page.keyboard.press("s")
    rejected = wait_for_left(services, waits - count, page)
    page.keyboard.press("u")
    return rejected, wait_for_left(services, waits, page)


def walk(services: Services, pages: list[Page], a_minute: float) -> float:
    """Both press their keys at that rate until nothing waits: the seconds it took."""
    for page in pages:
        page.evaluate(WATCH)
    began, presses = time.perf_counter(), 0
    looked = began
    while True:
        for page in pages:
            due = began + presses * 60 / a_minute / len(pages)
            if due > time.perf_counter():
                page.wait_for_timeout((due - time.perf_counter()) * 1000)
            if page.locator("#case").count():
                page.keyboard.press(KEYS[presses // len(pages) % len(KEYS)])
            presses += 1
        if time.perf_counter() - looked > 1:
            looked = time.perf_counter()
            if not left(services):
                return looked - began


def faults(services: Services, pages: list[Page], comments: int) -> list[str]:
    """What must not be: a comment that both opened, or that has not one decision that holds; words of trouble."""
    found = []
    opened = [set(page.evaluate("globalThis.opened")) for page in pages]
    if both := opened[0] & opened[1]:
        found.append(f"{len(both)} comments were opened by both")
    taken_back = select(Decision.undoes).where(Decision.undoes.is_not(None))
    by_people = Decision.actor_kind.in_(PEOPLE), Decision.undoes.is_(None), Decision.id.not_in(taken_back)
    with services.read() as session:
        decided = list(session.scalars(select(Decision.comment_id).where(*by_people)))
    if len(decided) != len(set(decided)):
        found.append(f"{len(decided) - len(set(decided))} comments were decided twice")
    if len(set(decided)) != comments:
        found.append(f"{len(set(decided))} of {comments} were decided")
    for page in pages:
        found += page.locator("#trouble .notice").all_inner_texts()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=Path, help="lines of JSON with `text`")
    parser.add_argument("--comments", type=int, default=2000)
    parser.add_argument("--a-minute", type=float, default=60, help="decisions of each")
    parser.add_argument("--bulk", type=int, default=500)
    report.add_option(parser)
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rejoinder-bench-")))
        redis = stack.enter_context(RedisServer(valkey_binary()))
        port = free_port()
        base = f"http://127.0.0.1:{port}"
        words = environment(f"sqlite:///{folder}/bench.db", redis.url) | {"REJOINDER_PUBLIC_URL": base}
        services = wire(Settings.from_environment(words))
        stack.callback(services.close)
        waiting(services, texts(asked.texts, asked.comments))
        with services.read() as session:
            site = session.scalars(select(Site)).one()
        web = [sys.executable, "-m", "service.cli", "web", "--port", str(port)]
        stack.callback(end, subprocess.Popen(web, env=os.environ | words | {"PROMETHEUS_MULTIPROC_DIR": str(folder)}))
        wait_for(f"{base}/readyz")
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        stack.callback(browser.close)
        thrown: list[str] = []

        def open_desk(name: str) -> Page:
            moderator = add_moderator(services, "moderator", site, address=f"{name}@desk.example", name=name)
            context = browser.new_context(viewport={"width": 1280, "height": 800})
            context.on("weberror", lambda error: thrown.append(str(error.error)))
            token = add_desk_session(services, moderator)
            context.add_cookies([{"name": cookie_name(services.settings.secure), "value": token, "url": base}])
            page = context.new_page()
            page.goto(f"{base}/moderate/")
            return page

        anna = open_desk("Anna")
        many, back = bulk_and_undo(services, anna, asked.bulk)
        print(f"{asked.bulk} decided in one go within {many:.2f} s, taken back within {back:.2f} s")
        pages = [anna, open_desk("Bernd")]
        seconds = walk(services, pages, asked.a_minute)
        wrong = faults(services, pages, asked.comments) + thrown
        waits = [wait for page in pages for wait in page.evaluate("globalThis.waits")]
    print(f"{asked.comments} by two in {seconds:.0f} s: {asked.comments / seconds * 30:.0f} a minute each")
    middle = sorted(waits)[len(waits) // 2]
    print(f"the next one stood there {middle:.0f} ms after the key, 95 of 100 within {p95(waits):.0f}")
    for one in wrong:
        print(f"WRONG: {one}")
    report.write_rows(
        asked,
        [
            report.Row("from the key to the next comment, 95 of 100 within", p95(waits), "ms"),
            report.Row(f"{asked.bulk} decided in one go", many, "s"),
            report.Row("and taken back", back, "s"),
        ],
    )
    return bool(wrong)


if __name__ == "__main__":
    raise SystemExit(interruptible(main))
