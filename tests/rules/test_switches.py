"""Which preset counts when."""

from datetime import UTC, datetime

import pytest

from moderation_rules import PolicyError, load_policy, preset_for

NIGHT = """
switches:
  - {preset: court_case, tags: [trial]}
  - {preset: breaking, burst: 100}
  - {preset: obituary, hours: "22:00-06:00", days: [sat], time_zone: Europe/Berlin}
"""


@pytest.mark.parametrize(
    ("at", "tags", "recent", "preset"),
    [
        pytest.param("2026-06-10T12:00", set(), None, None, id="nothing"),
        pytest.param("2026-06-10T12:00", {"trial", "x"}, 500, "court_case", id="tag, and the first counts"),
        pytest.param("2026-06-10T12:00", set(), 100, "breaking", id="burst"),
        pytest.param("2026-06-10T12:00", set(), 99, None, id="no burst"),
        pytest.param("2026-06-13T19:59", set(), None, None, id="before the night"),
        pytest.param("2026-06-13T20:00", set(), None, "obituary", id="summer: 22:00 is 20:00 UTC"),
        pytest.param("2026-12-12T20:30", set(), None, None, id="winter: not yet"),
        pytest.param("2026-12-12T21:00", set(), None, "obituary", id="winter: 22:00 is 21:00 UTC"),
        pytest.param("2026-10-25T04:59", set(), None, "obituary", id="until 06:00, after the clock went back"),
        pytest.param("2026-10-25T05:00", set(), None, None, id="over"),
        pytest.param("2026-06-14T20:30", set(), None, None, id="another day"),
    ],
)
def test_a_preset_is_switched_on(at: str, tags: set[str], recent: int | None, preset: str | None) -> None:
    now = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert preset_for(load_policy(NIGHT).settings, now=now, tags=tags, recent=recent) == preset


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(PolicyError, match="no time zone"):
        load_policy('switches: [{preset: breaking, hours: "22:00-24:00", time_zone: Europe/Atlantis}]')
