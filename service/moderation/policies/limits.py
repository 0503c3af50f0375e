"""From how many points a version of a policy holds and refuses, read off its document: nothing is compiled for it."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from msgspec import Struct
from sqlalchemy.orm import Session

from models import Mode, PolicyVersion, Site
from moderation_rules import Policy, PolicyError, default_policy
from moderation_rules.language.tags import main
from moderation_rules.policy.document import read_settings
from service.moderation.policies.site_policy import default_version

_STRICTNESS = (Mode.AUTOMATIC, Mode.ASSISTED, Mode.MANUAL)


class Limits(Struct, frozen=True):
    """None for a sum that nothing is held or refused from. `mode`: with the site's setting of now, which no decision
    keeps. `n`: the version's number, 0 for the shipped policy."""

    n: int
    hold: float | None
    refuse: float | None
    mode: Mode


def limits_of(
    session: Session,
    site: Site,
    version: str | None,
    *,
    section: str | None,
    thread: str,
    mode: str | None,
    language: str | None,
) -> Limits | None:
    """The limits that a version, as decisions name it, has for a comment of this thread, under this mode or preset, in
    this language; None for one that cannot be had any more."""
    if version == default_version():
        n, settings = 0, default_policy().settings
    elif version is None or not version.isdecimal():
        return None
    else:
        found = session.get(PolicyVersion, (site.id, int(version)))
        if found is None:
            return None
        try:
            n, settings = found.n, _read(found.document)
        except PolicyError:
            return None
    preset = mode if mode in settings.get("presets", ()) else None
    laid = Policy(settings).layered(section=section, thread=thread, preset=preset)
    thresholds: dict[str, Any] = dict(laid.settings.get("thresholds", {}))
    if language is not None:
        thresholds |= laid.settings.get("languages", {}).get(main(language), {})
    setting = Mode(mode) if mode in _STRICTNESS else site.settings.mode
    stricter = max(setting, Mode(laid.mode), key=_STRICTNESS.index)
    return Limits(n, thresholds.get("hold"), thresholds.get("refuse"), stricter)


# Documents never change; a desk shows comments of a few versions.
@lru_cache(maxsize=32)
def _read(document: str) -> Mapping[str, Any]:
    return read_settings(document)
