"""Which policy judges a site's comments: its latest version, or the shipped default. Compiled once, checked always."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from hashlib import blake2b
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from models import Mode, PolicyVersion, Site, SiteSettings
from moderation_rules import Judge, Policy, PolicyError, compile_policy, default_policy, load_policy
from moderation_rules.shipped import default_policy_text, shipped_lists
from service.telemetry import logger

log = logger(__name__)

# The rule that a site's setting can switch off without a policy of its own.
FIRST_COMMENT = "first_comment"


@dataclass(frozen=True, slots=True)
class SitePolicy:
    """What judges one site's comments. `version`: `default@<hash>`, or the number of the site's own policy."""

    version: str
    judge: Judge
    settings: SiteSettings

    def needs(self, *facts: str) -> bool:
        """Whether some rule looks at one of these facts: what nobody looks at is not worth a query."""
        return any(not rule.needs.isdisjoint(facts) for rule in self.judge.rules)


_latest = select(func.max(PolicyVersion.n)).where(PolicyVersion.site_id == Site.id).correlate(Site).scalar_subquery()
_IN_FORCE = select(Site.id, Site.settings_json, _latest).where(Site.id.in_(bindparam("ids", expanding=True)))


class Policies:
    """Compiled policies by site. One indexed query a batch says which version counts, so a change counts at once."""

    def __init__(self) -> None:
        self._compiled: dict[str, tuple[tuple[dict[str, Any], int | None, date], SitePolicy]] = {}

    def of(self, session: Session, site_ids: Collection[str], today: date) -> dict[str, SitePolicy]:
        """The policy in force for each site; what expired before `today` is left out."""
        found: dict[str, SitePolicy] = {}
        for site_id, settings, n in session.execute(_IN_FORCE, {"ids": list(site_ids)}):
            wanted = (settings, n, today)
            known = self._compiled.get(site_id)
            if known is None or known[0] != wanted:
                known = (wanted, _compile(session, site_id, *wanted))
                self._compiled[site_id] = known
            found[site_id] = known[1]
        return found


def policy_for(session: Session, site_id: str, today: date) -> SitePolicy:
    """One site's policy, compiled anew. Raises KeyError for an unknown site."""
    return Policies().of(session, [site_id], today)[site_id]


@cache
def default_version() -> str:
    """`default@` and a hash of the shipped policy with its lists: another release may ship another one."""
    digest = blake2b(default_policy_text().encode(), digest_size=6)
    for name, text in sorted(shipped_lists().items()):
        digest.update(f"\0{name}\0{text}".encode())
    return f"default@{digest.hexdigest()}"


def _compile(session: Session, site_id: str, settings_json: dict[str, Any], n: int | None, today: date) -> SitePolicy:
    settings = msgspec.convert(settings_json, SiteSettings)
    if n is None:
        return SitePolicy(default_version(), _judge(default_policy(), settings, settings.mode, today), settings)
    document = session.scalars(
        select(PolicyVersion.document).where(PolicyVersion.site_id == site_id, PolicyVersion.n == n)
    ).one()
    try:
        return SitePolicy(str(n), _judge(load_policy(document), settings, settings.mode, today), settings)
    except PolicyError as error:
        # It was checked when it was saved; a newer release may see it otherwise. Then people decide.
        log.error("policy_not_understood", site=site_id, n=n, problems=len(error.errors))
        judge = _judge(default_policy(), settings, Mode.MANUAL, today)
        return SitePolicy(f"{n}-unreadable", judge, settings)


def _judge(policy: Policy, settings: SiteSettings, mode: Mode, today: date) -> Judge:
    judge = compile_policy(policy, mode=mode.value, today=today)
    if settings.first_comments_held:
        return judge
    return replace(judge, rules=tuple(rule for rule in judge.rules if rule.name != FIRST_COMMENT))
