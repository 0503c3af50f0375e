"""What a desk's pages show, and how their tests look at them."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from models import Status
from tests.desk.browser.conftest import PATIENCE, Desk
from tests.factories import finding

LONG_NAME = "Friedrich-Wilhelm Donaudampfschifffahrtsgesellschaftskapitän von Hohenlohe-Schillingsfürst"
ARABIC = "أعتقد أن الجسر القديم كان أجمل بكثير، ولا أفهم لماذا يريدون هدمه الآن."


def shows(page: Page, text: str) -> None:
    """Waits until the comment with this text is open, and no other is on its way."""
    expect(page.locator("#case .text")).to_contain_text(text, timeout=PATIENCE)
    expect(page.locator("#right.loading")).to_have_count(0, timeout=PATIENCE)


def full_desk(desk: Desk) -> None:
    parent = desk.newsroom.comment("Said before.", status=Status.APPROVED)
    desk.newsroom.comment("Earlier", chain="m", status=Status.REJECTED)
    desk.newsroom.comment(
        "Whoever voted for this is a fool, see http://pills.example",
        chain="m",
        name=LONG_NAME,
        parent_id=parent,
        website="https://mira.example/",
        findings=[
            finding("word_list", "“fool” is on the list", 27, 33),
            finding("link_count", "1 link", 38, 57),
            finding("first_comment", "New here"),
        ],
    )
    desk.newsroom.comment(ARABIC, name="ليلى")
    desk.newsroom.comment("Long. " * 800)


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]
