"""What stands in the address of a desk's page and could never have been asked for is left out: one behaviour."""

import re
from urllib.parse import urlencode

import pytest

FORGED = ("x!", "0" * 60, "٣")
PAGES = {
    "": ("cursor", "order", "tab", "younger", "cluster", "writer", "done", "kept", "job", "said"),
    "threads": ("cursor", "sort", "n", "did"),
    "investigate": ("period", "until", "status", "writer"),
    "audit": ("cursor",),
    "sites/gazette/bans": ("cursor", "done"),
    "sites/gazette/writers": ("cursor", "done"),
    "sites/gazette/people": ("cursor", "done"),
    "sites/gazette/policy": ("version", "compare", "done"),
    "sites/gazette/policy/entries": ("cursor",),
    "sites/gazette/wrong-findings": ("cursor", "done"),
    "sites/gazette/standing-decisions": ("cursor", "done"),
    "sites/gazette/checks": ("done",),
    "sites/gazette/reasons": ("done",),
    "sites/gazette/saved-replies": ("said",),
}


def main_of(caller, path):
    answer = caller.get(f"/moderate/{path}")
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    # Links that keep an address keep what is in it; times go on.
    return re.sub(r'(?:href|value|datetime)="[^"]*"', "", answer.get_data(as_text=True).partition("<main")[2])


@pytest.mark.parametrize("path", [pytest.param(path, id=path or "queue") for path in PAGES])
def test_a_forged_address_is_the_pages_own(newsroom, boss, path):
    newsroom.comment("The ferry is late")
    plain = main_of(boss, path)
    for name in PAGES[path]:
        for forged in FORGED:
            assert main_of(boss, f"{path}?{urlencode({name: forged})}") == plain, f"{name}={forged}"


@pytest.mark.parametrize("before", FORGED)
def test_a_forged_version_begins_at_the_newest(newsroom, boss, before):
    comment_id = newsroom.comment("The ferry is late")
    assert "The ferry is late" in main_of(boss, f"case/{comment_id}/versions?{urlencode({'before': before})}")
