"""What is wrong with a field is said when its writer has left it, and moves nothing away that is being pressed."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.widget.live_server import Live
from tests.widget.test_writing import write

pytestmark = pytest.mark.browser


def test_a_field_says_what_is_wrong_when_its_writer_leaves_it(live: Live, page: Page) -> None:
    page.goto(live.demo("fields"))
    email = page.get_by_label("E-mail")
    email.fill("ada@example")
    page.get_by_label("Comment", exact=True).focus()
    expect(email).to_have_accessible_description(
        "Your e-mail address will not be published. This is not a complete e-mail address."
    )
    email.fill("ada@example.org")
    # Not as an empty attribute either, which the styles would take for a fault.
    assert page.locator("rejoinder-comments [aria-invalid]").count() == 0


def test_a_field_left_before_the_part_that_looks_at_it_came_is_looked_at(live: Live, page: Page) -> None:
    held: list[Route] = []
    page.route("**/parts/*/write.js", lambda route: held.append(route))
    page.goto(live.demo("fast"))
    email = page.get_by_label("E-mail")
    with page.expect_request("**/parts/*/write.js"):
        email.fill("ada@example")
    page.get_by_label("Comment", exact=True).focus()
    held[0].continue_()
    expect(email).to_have_accessible_description(
        "Your e-mail address will not be published. This is not a complete e-mail address."
    )


def test_a_button_that_is_pressed_stays_where_it_is(live: Live, page: Page) -> None:
    page.goto(live.demo("pressed"))
    write(page, "Well said.")
    page.get_by_label("E-mail").fill("ada@example")
    button = page.get_by_role("button", name="Preview")
    button.scroll_into_view_if_needed()
    before = button.bounding_box()
    assert before is not None
    page.mouse.move(before["x"] + before["width"] / 2, before["y"] + before["height"] - 3)
    page.mouse.down()
    assert button.bounding_box() == before
    page.mouse.up()
    expect(page.locator("rejoinder-comments .preview")).to_contain_text("Well said.")
    expect(page.get_by_text("This is not a complete e-mail address.")).to_be_visible()
