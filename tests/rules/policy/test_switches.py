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
        pytest.param("2026-06-10T12:00", {"Trial"}, None, "court_case", id="capitals in tags"),
    ],
)
def test_a_preset_is_switched_on(at: str, tags: set[str], recent: int | None, preset: str | None) -> None:
    now = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert preset_for(load_policy(NIGHT).settings, now=now, tags=tags, recent=recent) == preset


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(PolicyError, match="no time zone"):
        load_policy('switches: [{preset: breaking, hours: "22:00-24:00", time_zone: Europe/Atlantis}]')


@pytest.mark.parametrize(
    ("switch", "at", "holds"),
    [
        pytest.param('{hours: "09:00-09:00"}', "2026-06-10T03:00", True, id="round the clock"),
        pytest.param("{tags: [x], days: [wed]}", "2026-06-10T03:00", True, id="a day without hours"),
        pytest.param("{tags: [x], days: [thu]}", "2026-06-10T03:00", False, id="another day without hours"),
        # 02:30 does not exist in Berlin on 29 March: from 01:59:59 the clock goes to 03:00.
        pytest.param('{hours: "02:00-03:00", time_zone: Europe/Berlin}', "2026-03-29T01:00", False, id="skipped hour"),
        pytest.param('{hours: "02:00-03:00", time_zone: Europe/Berlin}', "2026-10-25T00:30", True, id="hour, first"),
        pytest.param('{hours: "02:00-03:00", time_zone: Europe/Berlin}', "2026-10-25T01:30", True, id="and again"),
    ],
)
def test_hours_are_those_of_the_newsroom_s_wall(switch: str, at: str, holds: bool) -> None:
    settings = load_policy(f"switches: [{{preset: breaking, {switch[1:]}]").settings
    now = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert (preset_for(settings, now=now, tags=["x"]) == "breaking") is holds


@pytest.mark.parametrize("name", ["Europe", "../etc/passwd", "", "UTC+2", "Europe/Berlin ", "\u0130stanbul", "a\u2400"])
def test_no_time_zone(name: str) -> None:
    with pytest.raises(PolicyError, match=r"line 1, column \d+: switches\[0\]\.time_zone: .* is no time zone"):
        load_policy(f'switches: [{{preset: breaking, hours: "22:00-24:00", time_zone: "{name}"}}]')
