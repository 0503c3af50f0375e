"""Takes pictures of every page of the desk, light and dark, at 1280 and 360 pixels, into docs/images/desk/.

    python docs/take_screenshots.py [--only queue,threads] [--language de]

A `rejoinder up` of its own, comments sent as readers send them and judged by its worker, Debian's chromium. Of each
page one sheet: wide and narrow, light above dark. `docs/desk.md` shows them.
"""

import argparse
import base64
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Browser, Page, StorageState, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from docs.pictured_newsroom import Machine, complain, fill  # noqa: E402
from tests.environment import CHROMIUM_FLAGS, chromium  # noqa: E402
from tests.waiting import wait_until  # noqa: E402

IMAGES = ROOT / "docs" / "images" / "desk"
WIDTHS = {"wide": (1280, 800), "narrow": (360, 740)}
SCHEMES = ("light", "dark")
SHEET_SCALE = 0.55


class Moderator:
    """Somebody signed in, who does by the API what a day at the desk leaves behind."""

    def __init__(self, page: Page, base: str) -> None:
        self.page, self.base = page, f"{base}/api/v1/moderation"
        self.csrf = str(page.locator("body").get_attribute("data-csrf"))

    def ask(self, method: str, path: str, **body: object) -> dict[str, Any]:
        answer = self.page.request.fetch(
            f"{self.base}{path}", method=method, headers={"X-CSRF-Token": self.csrf}, data=body or None
        )
        assert answer.ok, f"{method} {path}: {answer.status} {answer.text()[:300]}"
        return dict(answer.json()) if answer.status != 204 else {}

    def by(self, name: str) -> str:
        """The id of what a reader of this name wrote."""
        found = self.ask("GET", f"/queue?status=any&order=newest&q={quote(name)}")["comments"]
        return str(next(one["id"] for one in found if one["author"]["name"] == name))

    def done(self, job: str) -> None:
        wait_until(lambda: self.ask("GET", f"/jobs/{job}")["state"] == "done", what="a job that is done")


@dataclass(frozen=True)
class Shot:
    """What is pictured: its path, what is done there first, and whether somebody has signed in."""

    path: str
    act: Callable[[Page], None] = lambda page: None
    signed_in: bool = True


def unfold(summary: str) -> Callable[[Page], None]:
    """Unfolds what has this head, and brings it into view."""

    def act(page: Page) -> None:
        page.locator(summary).first.click()
        page.locator(summary).first.evaluate("it => it.scrollIntoView({ block: 'start' })")

    return act


def reveal(page: Page) -> None:
    form = page.locator('form[action="/moderate/reveal-address"]')
    form.locator("xpath=ancestor::details").locator("summary").click()
    form.locator("[name=reason]").fill("A court asks for it: 12 C 34/26")
    form.locator("button").click()
    page.wait_for_load_state("networkidle")


def preview_of_copies(page: Page) -> None:
    page.locator('form.all[action*="/clusters/"] button[value=reject]').click()
    page.wait_for_load_state("networkidle")


def work(desk: Moderator) -> dict[str, Shot]:
    """Does what leaves something to be seen on the pages that begin empty; answers those pages."""
    ada, robin, lena, samir, best = (desk.by(name) for name in ("Ada", "Robin", "Lena", "Samir", "Best Price"))
    place = "/moderate/sites/gazette"
    desk.ask("PUT", "/sites/gazette/saved-replies", name="Source", text="Thank you. Do you have a source for this?")
    desk.ask("PUT", "/sites/gazette/saved-replies", name="Tone", text="Please argue about the matter, not the person.")
    desk.ask("POST", f"/comments/{robin}/writer/marks", kind="hold", days=7, reason="Insults others again and again")
    desk.ask("POST", f"/comments/{samir}/writer/marks", kind="note", reason="Wrote to us as well: angry, not a troll")
    desk.ask("POST", f"/comments/{best}/bans", kind="chain", days=30, reason="Advertising only")
    for name, shared, narrowing in (
        ("Bridge, oldest first", False, {"site": "gazette", "thread": "4711", "order": "oldest"}),
        ("Harbour school in German", False, {"site": "gazette", "thread": "4713", "language": "de"}),
        ("With links", True, {"site": "gazette", "rule": "link_count"}),
    ):
        desk.ask("PUT", "/views", name=name, shared=shared, filters=narrowing)
    word = desk.ask("POST", "/sites/gazette/policy/entries", kind="word", text="quick-money", comment_id=lena)["id"]
    desk.ask("POST", "/sites/gazette/policy/entries", kind="domain", text="pills.example", comment_id=best)
    case = desk.ask("GET", f"/comments/{samir}")
    for found in case["findings"][:1]:
        disputed = {name: found[name] for name in ("rule", "field", "start", "end")}
        desk.ask("POST", f"/comments/{samir}/wrong-findings", note="Loud, but not abuse", **disputed)
    case = desk.ask("GET", f"/comments/{ada}")
    start = case["text"].index("0151")
    cut = {"start": start, "end": start + len("0151 23456789"), "expected_revision": case["revision"]}
    desk.ask("POST", f"/comments/{ada}/redactions", version=case["versions_total"], **cut)
    cluster = desk.ask("GET", f"/comments/{lena}")["cluster"]
    filters = {"site": "gazette", "thread": "4713"}
    bulk = {"filter": filters, "action": "reject", "reason": "off_topic", "dry_run": False}
    job = desk.ask("POST", "/bulk", **bulk)["job"]["id"]
    desk.done(job)
    return {
        "near-copies": Shot(f"/moderate/?cluster={cluster}", preview_of_copies),
        "reveal": Shot(f"/moderate/?at={ada}&tab=all", reveal),
        "writer": Shot(f"/moderate/?at={robin}&tab=all", unfold('summary[data-shortcut="w"]')),
        "effect": Shot(f"/moderate/writer/{robin}/effect?kind=chain"),
        "versions": Shot(f"/moderate/case/{ada}/versions"),
        "saved-views": Shot("/moderate/", unfold("details.views summary")),
        "chosen-words": Shot(f"{place}/policy/entries"),
        "chosen-word": Shot(f"{place}/policy/entries/{word}"),
        "job": Shot(f"{place}/jobs/{job}"),
    }


def decide_copies(desk: Moderator) -> dict[str, Shot]:
    """One decision for near copies, and for those to come; the pages that tell of it."""
    lena = desk.by("Lena")
    cluster = desk.ask("GET", f"/comments/{lena}")["cluster"]
    body = {"action": "spam", "dry_run": False, "future": True, "comment_id": lena, "version": 1}
    job = desk.ask("POST", f"/sites/gazette/clusters/{cluster}", **body)["job"]
    desk.done(job)
    return {
        "near-copies-decided": Shot(f"/moderate/sites/gazette/clusters/{cluster}?job={job}"),
        "standing-decisions": Shot("/moderate/sites/gazette/standing-decisions"),
    }


def pages(comment: str) -> dict[str, Shot]:
    """name -> what is pictured of pages that need nothing done first."""
    paths = {"queue": "", "comment": f"?at={comment}", "approved": "?tab=approved", "spam": "?tab=spam"}
    paths |= {name: f"?tab={name}" for name in ("reported", "appealed")}
    paths |= {name: name for name in ("threads", "investigate", "audit", "settings")}
    of_site = ("policy", "classifier", "bans", "checks", "people", "reasons", "writers", "saved-replies")
    of_site += ("wrong-findings", "readers", "form", "login-keys")
    paths |= {name: f"sites/gazette/{name}" for name in of_site}
    return {name: Shot(f"/moderate/{path}") for name, path in paths.items()}


def picture(page: Page, base: str, shot: Shot) -> bytes:
    page.goto(base + shot.path)
    page.wait_for_load_state("networkidle")
    shot.act(page)
    return page.screenshot()


def sheet(browser: Browser, pictures: list[bytes]) -> bytes:
    """Four pictures as one: wide and narrow, light above dark."""
    width = sum(wide for wide, _ in WIDTHS.values())
    images = "".join(f'<img src="data:image/png;base64,{base64.b64encode(one).decode()}">' for one in pictures)
    columns = " ".join(f"{wide / width * 100}%" for wide, _ in WIDTHS.values())
    style = f"margin:0;padding:8px;display:grid;grid-template-columns:{columns};gap:8px;background:#808890"
    context = browser.new_context(viewport={"width": int(width * SHEET_SCALE) + 24, "height": 100})
    page = context.new_page()
    page.set_content(f'<body style="{style}">{images}<style>img{{width:100%}}</style>')
    found = page.screenshot(full_page=True, type="jpeg", quality=72)
    context.close()
    return found


def take_all(
    browser: Browser, base: str, known: StorageState, asked: argparse.Namespace, shots: Mapping[str, Shot]
) -> None:
    """Pictures of those that are asked for, as sheets; with `--whole` each by itself as well."""
    for name, shot in shots.items():
        if asked.only and name not in asked.only.split(","):
            continue
        pictures = []
        for scheme in SCHEMES:
            for width, (wide, high) in WIDTHS.items():
                context = browser.new_context(
                    viewport={"width": wide, "height": high},
                    color_scheme=scheme,  # type: ignore[arg-type] # One of two words.
                    storage_state=known if shot.signed_in else None,
                    locale=asked.language,
                )
                pictures.append(picture(context.new_page(), base, shot))
                context.close()
                if asked.whole:
                    (asked.into / f"{name}-{width}-{scheme}.png").write_bytes(pictures[-1])
        (asked.into / f"{name}.jpg").write_bytes(sheet(browser, pictures))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="names of pages, with commas between them")
    parser.add_argument("--language", default="en")
    parser.add_argument("--into", type=Path, default=IMAGES)
    parser.add_argument(
        "--whole", action="store_true", help="the pictures themselves beside the sheets, to be looked at"
    )
    asked = parser.parse_args()
    asked.into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, Machine(Path(folder)).running() as machine, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        fill(machine)
        first = browser.new_context()
        door = first.new_page()
        door.goto(machine.sign_in)
        door.get_by_role("button").first.click()
        door.wait_for_url("**/moderate/")
        known = first.storage_state()
        wait_until(lambda: door.reload() and door.locator("#list .item").count() > 3, what="comments that wait")
        comment = str(door.locator("#list .item").nth(1).get_attribute("data-id"))
        desk = Moderator(door, machine.base)
        take = partial(take_all, browser, machine.base, known, asked)
        take({"sign-in": Shot("/moderate/sign-in", signed_in=False)})
        left_behind = work(desk)
        complain(machine)
        take(pages(comment) | left_behind)
        take(decide_copies(desk))
        browser.close()


if __name__ == "__main__":
    main()
