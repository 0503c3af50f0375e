"""The desk's other pages in a browser."""

import re
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import expect

from models import ClassifierState, Status
from service.accounts import account_administration
from service.accounts.api_keys import create_key
from service.desk.page_setup import LANGUAGE_COOKIE
from service.localization import LANGUAGES
from service.moderation.jobs import runner
from service.moderation.learning.nightly import store_classifier
from service.moderation.policies.word_lists import upload
from tests.desk.browser.conftest import Desk
from tests.desk.browser.reading import LONG_NAME, full_desk, violations
from tests.factories import add_policy_version, classifier_version

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_classifiers_page_reads_well(desk: Desk, width: int, scheme: str) -> None:
    page = desk.page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(f"{desk.base}/moderate/sites/{desk.newsroom.site.slug}/classifier")
    expect(page.get_by_role("heading", name="classifier")).to_be_visible()
    assert violations(page) == []
    measured = {"roc_auc": 0.9, "recall": 0.87, "false_alarms": 0.01, "published": 120, "stopped": 80}
    services, site = desk.newsroom.services, desk.newsroom.site
    for state, replaces in (
        (ClassifierState.IN_FORCE, None),
        (ClassifierState.IN_FORCE, 1),
        (ClassifierState.CANDIDATE, 2),
    ):
        store_classifier(
            services, classifier_version(services, site, state, measured={"new": measured, "old": measured}), replaces
        )
    page.reload()
    expect(page.locator("main")).to_contain_text("from 812 decisions")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_lists_are_uploaded_and_read_on_the_policys_page(desk: Desk, tmp_path: Path, width: int, scheme: str) -> None:
    page = desk.page(role="admin", viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(f"{desk.base}/moderate/sites/{desk.newsroom.site.slug}/policy")
    expect(page.get_by_text("no lists of its own yet")).to_be_visible()
    file = tmp_path / "words-of-the-harbour-newsroom.txt"
    file.write_text("zwibbel\nplonkel\n")
    page.get_by_label("A text file").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("status")).to_contain_text("until then nothing changes")
    expect(page.get_by_role("row", name=file.name)).to_contain_text("2")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    file.write_bytes(b"fine\nna\xefve\n")
    page.get_by_label("A text file").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("alert").filter(has_text="line 2")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("status")).to_contain_text("removed")


# What can be pressed or filled in and lies behind an edge, also of something that scrolls by itself.
_CUT_OFF = """() => [...document.querySelectorAll('button, select, summary, textarea, input:not([type=hidden])')]
  .filter((it) => it.checkVisibility())
  .filter((it) => {
    const { left, right, width } = it.getBoundingClientRect();
    return width && (left < -1 || right > document.documentElement.clientWidth + 1);
  }).map((it) => it.outerHTML.slice(0, 120))"""


def test_no_page_is_wider_than_the_window(desk: Desk) -> None:
    newsroom = desk.newsroom
    services, site = newsroom.services, newsroom.site
    full_desk(desk)
    case = newsroom.comment("Hid\u200bden " + "long" * 60, name=LONG_NAME, website="https://mira.example/" + "a" * 200)
    newsroom.comment("Said before, too.", status=Status.APPROVED)
    for note in ("", "A first note", "W" * 60):
        add_policy_version(services, site, "format: 1\n", note=note)
    page = desk.page("Edith", role="admin")
    upload(services, None, site, "words-of-the-harbour-newsroom.txt", b"zwibbel\n")
    create_key(services, None, site_id=site.id, scope="moderate")
    here = f"/moderate/sites/{site.slug}"
    page.goto(f"{desk.base}{here}/policy")
    page.get_by_role("button", name="Rehearse").first.click()
    page.wait_for_url("**/jobs/*")
    while runner.run_one(services):
        pass
    job = page.url.removeprefix(desk.base)
    wrong = {}
    for language, path in product(
        LANGUAGES,
        (
            "/moderate/",
            "/moderate/?tab=approved",
            "/moderate/?q=zebra",
            f"/moderate/case/{case}",
            f"{here}/policy",
            f"{here}/policy?version=1",
            f"{here}/policy?compare=2",
            job,
            f"{here}/people",
            f"{here}/bans",
            f"{here}/classifier",
            "/moderate/sign-in/spent",
            "/moderate/sign-in",
            f"{here}/reasons",
            f"{here}/writers",
            "/moderate/threads",
            "/moderate/investigate",
        ),
    ):
        page.context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language, "url": desk.base}])
        answer = page.goto(desk.base + path)
        assert answer is not None
        assert answer.status in (200, 410), path
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            for opened in (False, True):
                page.evaluate("(on) => document.querySelectorAll('main details').forEach((it) => it.open = on)", opened)
                beyond = page.evaluate("document.documentElement.scrollWidth") - width
                cut_off = page.evaluate(_CUT_OFF)
                if beyond > 0 or cut_off:
                    wrong[language, path, width, opened] = beyond, cut_off
    assert wrong == {}


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_people_and_keys(desk: Desk, width: int, scheme: str) -> None:
    account_administration.change(desk.newsroom.services, None, desk.newsroom.moderator("Fritz"), name=LONG_NAME[:80])
    page = desk.page("Edith", role="admin", viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.get_by_text("Settings").click()
    page.get_by_role("link", name="People and keys").click()
    assert violations(page) == []
    page.get_by_text("Add somebody…").click()
    page.get_by_label("E-mail address").fill("nora@desk.example")
    page.get_by_label("Name", exact=True).last.fill("Nora")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_label("A link that signs Nora in once")).to_have_value(re.compile(r"/moderate/sign-in/\S+$"))
    page.locator("summary", has_text="Change Nora").click()
    nora = page.locator(".people li", has=page.locator("bdi", has_text="Nora"))
    nora.get_by_label("Role").select_option("viewer")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    nora.get_by_role("button", name="Change").click()
    expect(nora).to_contain_text("Viewer here")
    page.get_by_role("button", name="Make a key").click()
    expect(page.get_by_label("The key, scope read")).to_have_value(re.compile("^rj_read_"))
    page.get_by_role("button", name="Revoke the key ending in").click()
    expect(page.get_by_role("status")).to_contain_text("opens nothing any more")
    assert violations(page) == []
