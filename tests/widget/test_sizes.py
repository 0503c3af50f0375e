"""What the widget weighs, by part and as readers load it: what `docs/embedding.md` says at most, and not far less."""

import re
from pathlib import Path

import pytest

from service.widget.assets import parts, widget_script

DOCS = Path(__file__).parents[2] / "docs" / "embedding.md"
# What comes without a choice of the site's or anything unusual: docs/embedding.md says when.
READING = ("widget.js", "news")
WRITING = (*READING, "write", "preview", "mine")


def weights() -> dict[str, int]:
    """Every file by its name in the table, bytes gzipped; of the words, the heaviest."""
    found = {"widget.js": len(widget_script().gzipped)}
    for name, asset in parts().items():
        key = "words-…" if name.startswith("words-") else name
        found[key] = max(found.get(key, 0), len(asset.gzipped))
    return found | {
        "reading": sum(found[name] for name in READING),
        "writing": sum(found[name] for name in WRITING),
    }


def bars() -> dict[str, int]:
    section = DOCS.read_text("utf-8").partition("## What it weighs")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `?([^`|,]+?)`?(?:, each)? \|.*\| (\d+) \|$", section, re.MULTILINE)
    return {name: int(most) for name, most in rows}


def test_the_table_names_every_part() -> None:
    assert bars().keys() == weights().keys()


@pytest.mark.parametrize("name", sorted(weights()))
def test_it_weighs_at_most_what_is_said(name: str) -> None:
    weight, most = weights()[name], bars()[name]
    assert weight <= most
    # A bar that nothing reaches holds nothing.
    assert most <= weight * 1.3 + 100
