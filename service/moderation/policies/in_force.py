"""Which policy judges a site's comments: its latest version, or the shipped default. Compiled once, checked always."""

import gc
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from hashlib import blake2b
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from models import ClassifierState, ClassifierVersion, Mode, PolicyVersion, Site, SiteSettings
from models.queries import newest_policy
from moderation_rules import Judge, Policy, PolicyError, compile_policy, default_policy, preset_for
from moderation_rules.language.detection import Detect, load_detector
from moderation_rules.learning.classifier import Classifier, ClassifierError, load_classifier
from moderation_rules.lists.shipped import default_policy_text, shipped_lists
from moderation_rules.registry import BY_NAME
from moderation_rules.rules import first_comment
from service.moderation.policies.word_lists import load_with
from service.telemetry import logger

log = logger(__name__)

# Classifiers that a process keeps, 2 MB each; another is read again in a few milliseconds.
MOST_CLASSIFIERS = 24

# The milder first: of what a site's setting and its policy say, the stricter counts.
_STRICTNESS = (Mode.AUTOMATIC, Mode.ASSISTED, Mode.MANUAL)


_LAYERS = ("presets", "sections", "threads")


@dataclass(frozen=True, slots=True)
class SitePolicy:
    """What judges one site's comments. `version`: `default@<hash>`, or the number of the site's own policy.

    `judge` is for a thread of which the policy says nothing special; `judge_for` for any other.
    """

    version: str
    judge: Judge
    settings: SiteSettings
    policy: Policy
    today: date
    # A policy that cannot be read leaves everything to people, whatever a thread says.
    readable: bool = True
    # The site's classifier in force and its number; None where the site has none, or it cannot be read.
    model: Classifier | None = field(default=None, compare=False, repr=False)
    model_n: int | None = None
    _layered: dict[tuple[str | None, ...], Judge] = field(default_factory=dict, compare=False, repr=False)
    # The facts that some rule looks at, also one that only a section, a thread or a preset has switched on.
    _needed: frozenset[str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        needed = {fact for rule in self.judge.rules for fact in rule.needs}
        for name in _LAYERS if self.readable else ():
            for layer in self.policy.settings.get(name, {}).values():
                if not isinstance(layer, str):
                    for rule, own in layer.get("rules", {}).items():
                        needed.update(BY_NAME[rule].needs if own.get("enabled", True) else ())
        object.__setattr__(self, "_needed", frozenset(needed))

    def needs(self, *facts: str) -> bool:
        """Whether some rule looks at one of these facts: what nobody looks at is not worth a query."""
        if "thread_recent" in facts and any("burst" in switch for switch in self._switches):
            return True
        return not self._needed.isdisjoint(facts)

    def mode_of(self, said: str | None, *, tags: Collection[str], now: datetime, burst: int | None) -> str | None:
        """What a thread is under: what was said by hand, else the preset that the policy switches it to now."""
        if said is not None or not self._switches:
            return said
        return preset_for(self.policy.settings, tags=tags, now=now, recent=burst)

    def judge_for(self, *, section: str | None, thread: str, mode: str | None) -> Judge:
        """The judge of a thread: section, then thread, then preset laid over the policy. `mode`: see `mode_of`."""
        said = self.policy.settings
        wanted = (
            section if section in said.get("sections", ()) else None,
            thread if thread in said.get("threads", ()) else None,
            mode if mode in said.get("presets", ()) or mode in _STRICTNESS else None,
        )
        if not self.readable or wanted == (None, None, None):
            return self.judge
        known = self._layered.get(wanted)
        if known is None:
            known = self._layered[wanted] = self._lay(*wanted)
        return known

    @property
    def _switches(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.policy.settings.get("switches", [])
        return found

    def _lay(self, section: str | None, thread: str | None, mode: str | None) -> Judge:
        preset = mode if mode in self.policy.settings.get("presets", ()) else None
        layered = self.policy.layered(section=section, thread=thread, preset=preset)
        # The newsroom's word on one thread stands above the site's setting; a policy only makes it stricter.
        setting = Mode(mode) if mode is not None and preset is None else self.settings.mode
        return _judge(layered, self.settings, setting, self.today, self.model)


_latest = select(func.max(PolicyVersion.n)).where(PolicyVersion.site_id == Site.id).correlate(Site).scalar_subquery()
_classifier_n = (
    select(ClassifierVersion.n)
    .where(ClassifierVersion.site_id == Site.id, ClassifierVersion.state == ClassifierState.IN_FORCE)
    .correlate(Site)
    .scalar_subquery()
)
_IN_FORCE = select(Site.id, Site.settings_json, _latest, _classifier_n).where(
    Site.id.in_(bindparam("ids", expanding=True))
)


_Wanted = tuple[dict[str, Any], int | None, int | None, date]


class Policies:
    """Compiled policies by site. One indexed query a batch says which version counts, so a change counts at once."""

    def __init__(self, *, freeze: bool = False) -> None:
        """`freeze`: keep what is compiled out of the garbage collector's sight. Visiting the words of a policy stops
        a judge for a tenth of a second or more, again and again."""
        self._freeze = freeze
        self._compiled: dict[str, tuple[_Wanted, SitePolicy]] = {}

    def of(self, session: Session, site_ids: Collection[str], today: date) -> dict[str, SitePolicy]:
        """The policy in force for each site; what expired before `today` is left out."""
        found: dict[str, SitePolicy] = {}
        new = False
        for site_id, settings, n, model_n in session.execute(_IN_FORCE, {"ids": list(site_ids)}):
            wanted = (settings, n, model_n, today)
            known = old = self._compiled.pop(site_id, None)
            if known is None or known[0] != wanted:
                known = (wanted, _compile(session, site_id, *wanted))
            # At the end: whoever stands in front was asked for longest ago.
            self._compiled[site_id] = known
            found[site_id] = known[1]
            new = new or known is not old
        self._make_room()
        if new and self._freeze:
            gc.unfreeze()
            gc.collect()
            gc.freeze()
        return found

    def _make_room(self) -> None:
        """A classifier is 2 MB, all else of a policy little: of sites that have one only the latest stay."""
        learned = [site_id for site_id, (_, kept) in self._compiled.items() if kept.model is not None]
        for site_id in learned[:-MOST_CLASSIFIERS]:
            del self._compiled[site_id]


def settings_of(session: Session, site_id: str) -> Mapping[str, Any]:
    """What the policy in force says, without the seconds that compiling long lists takes."""
    found = session.scalar(newest_policy(site_id))
    if found is not None:
        try:
            return load_with(session, site_id, found.document, found.lists)[0].settings
        except PolicyError:
            # As the worker does with what a newer release sees otherwise.
            log.error("policy_not_understood", site=site_id, n=found.n)
    return default_policy().settings


def policy_for(session: Session, site_id: str, today: date) -> SitePolicy:
    """One site's policy, compiled anew. Raises KeyError for an unknown site."""
    return Policies().of(session, [site_id], today)[site_id]


@cache
def detector() -> Detect | None:
    """What tells a comment's language; None where the extra `lang` is not installed."""
    return load_detector()


@cache
def default_version() -> str:
    """`default@` and a hash of the shipped policy with its lists: another release may ship another one."""
    digest = blake2b(default_policy_text().encode(), digest_size=6)
    for name, text in sorted(shipped_lists().items()):
        digest.update(f"\0{name}\0{text}".encode())
    return f"default@{digest.hexdigest()}"


def compile_site(
    version: str,
    policy: Policy,
    settings: SiteSettings,
    today: date,
    *,
    model: Classifier | None = None,
    model_n: int | None = None,
) -> SitePolicy:
    """What `policy` would be as the site's own. Raises PolicyError where it cannot be compiled."""
    judge = _judge(policy, settings, settings.mode, today, model)
    return SitePolicy(version, judge, settings, policy, today, model=model, model_n=model_n)


def classifier_at(session: Session, site_id: str, n: int | None) -> Classifier | None:
    """A site's classifier by number. None where there is no such number, or a newer release cannot read it:
    comments are then judged as before there was one, until the next night trains another."""
    if n is None:
        return None
    document = session.scalar(
        select(ClassifierVersion.document).where(ClassifierVersion.site_id == site_id, ClassifierVersion.n == n)
    )
    try:
        return None if document is None else load_classifier(document)
    except ClassifierError as error:
        log.error("classifier_not_understood", site=site_id, n=n, problem=str(error))
        return None


def number_in_force(session: Session, site_id: str) -> int | None:
    """The number of the site's classifier in force."""
    return session.scalar(
        select(ClassifierVersion.n).where(
            ClassifierVersion.site_id == site_id, ClassifierVersion.state == ClassifierState.IN_FORCE
        )
    )


def policy_at(session: Session, site: Site, version: str | None, today: date) -> SitePolicy | None:
    """A version as decisions name it, compiled; None for one that cannot be had any more."""
    settings = site.settings
    if version == default_version():
        return compile_site(version, default_policy(), settings, today)
    if version is None or not version.isdecimal():
        return None
    found = session.get(PolicyVersion, (site.id, int(version)))
    if found is None:
        return None
    try:
        policy, _ = load_with(session, site.id, found.document, found.lists)
        return compile_site(version, policy, settings, today)
    except PolicyError:
        return None


def _compile(
    session: Session, site_id: str, settings_json: dict[str, Any], n: int | None, model_n: int | None, today: date
) -> SitePolicy:
    settings = msgspec.convert(settings_json, SiteSettings)
    model = classifier_at(session, site_id, model_n)
    if model is None:
        model_n = None
    if n is None:
        return compile_site(default_version(), default_policy(), settings, today, model=model, model_n=model_n)
    found = session.get_one(PolicyVersion, (site_id, n))
    try:
        policy, _ = load_with(session, site_id, found.document, found.lists)
        return compile_site(str(n), policy, settings, today, model=model, model_n=model_n)
    except PolicyError as error:
        # It was checked when it was saved; a newer release may see it otherwise. Then people decide.
        log.error("policy_not_understood", site=site_id, n=n, problems=len(error.errors))
        default = default_policy()
        judge = _judge(default, settings, Mode.MANUAL, today)
        return SitePolicy(f"{n}-unreadable", judge, settings, default, today, readable=False)


def _judge(policy: Policy, settings: SiteSettings, mode: Mode, today: date, model: Classifier | None = None) -> Judge:
    stricter = max(mode, Mode(policy.mode), key=_STRICTNESS.index)
    judge = compile_policy(policy, mode=stricter.value, model=model, detect=detector(), today=today)
    if settings.first_comments_held:
        return judge
    # A site's setting can switch this one off without a policy of its own.
    return replace(judge, rules=tuple(rule for rule in judge.rules if rule.name != first_comment.RULE.name))
