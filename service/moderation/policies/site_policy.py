"""A policy as it judges one site: compiled for its setting, with layers for sections, threads and presets."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from hashlib import blake2b
from typing import Any

from models import Mode, SiteSettings
from moderation_rules import Judge, Policy, compile_policy, preset_for
from moderation_rules.language.detection import Detect, load_detector
from moderation_rules.learning.classifier import Classifier
from moderation_rules.lists.shipped import default_policy_text, shipped_lists
from moderation_rules.matching.listed.matchers import MOST_SHARED
from moderation_rules.policy.layers import layers_of
from moderation_rules.policy.switches import switched
from moderation_rules.registry import BY_NAME
from moderation_rules.rule import Check
from moderation_rules.rules import first_comment

# The milder first: of what a site's setting and its policy say, the stricter counts.
_STRICTNESS = (Mode.AUTOMATIC, Mode.ASSISTED, Mode.MANUAL)

# Judges of a site's sections, threads and presets that are kept compiled, and the words that those have together whose
# lists are too many to be looked for at once (`MOST_SHARED`): 100,000 take 30 MB.
MOST_LAYERED = 100
MOST_LAYERED_WORDS = 400_000

# Whose mode it is, as a finding says it.
THE_SITE, THE_POLICY = "the site’s mode", "the policy’s mode"


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
    classifier: Classifier | None = field(default=None, compare=False, repr=False)
    classifier_n: int | None = None
    # What the rules of `judge` were prepared to: a layer that says nothing of a rule shares it.
    prepared: dict[str, Check] = field(default_factory=dict, compare=False, repr=False)
    # Judges of layers and how many words each has for itself; those asked for last at the end.
    _layered: dict[tuple[str | None, ...], tuple[Judge, int]] = field(default_factory=dict, compare=False, repr=False)
    # How many words its lists have that the package does not ship, with those of layers that share a matcher with it,
    # and what tells those lists from others.
    words: int = field(init=False, compare=False, repr=False)
    lists: int = field(init=False, compare=False, repr=False)
    # Whether one matcher looks for the words of all layers.
    _together: bool = field(init=False, compare=False, repr=False)
    # The facts that some rule looks at, also one that only a section, a thread or a preset has switched on.
    _needed: frozenset[str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        needed = {fact for rule in self.judge.rules for fact in rule.needs}
        for layer in layers_of(self.policy.settings) if self.readable else ():
            for rule, own in layer.get("rules", {}).items():
                needed.update(BY_NAME[rule].needs if own.get("enabled", True) else ())
        object.__setattr__(self, "_needed", frozenset(needed))
        said, files = self.policy.settings, self.policy.lists
        layers = layers_of(said)
        together = sum(_words(own, files) for own in (said, *layers)) <= MOST_SHARED
        listing = [_listing(own) for own in ((said, *layers) if together else (said,))]
        texts = tuple([files[one["file"]] for own in listing for one in own["lists"] if "file" in one])
        object.__setattr__(self, "_together", together)
        object.__setattr__(self, "words", sum(_words(own, files) for own in listing))
        object.__setattr__(self, "lists", hash((json.dumps(listing, sort_keys=True), texts)))

    @property
    def layered_words(self) -> int:
        """How many words the judges of layers have for themselves that are kept now."""
        return sum(words for _, words in list(self._layered.values()))

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

    def switched_by(self, *, tags: Collection[str], now: datetime, burst: int | None) -> str | None:
        """What switches a thread to its preset now, of which nothing is said by hand: `Facts.thread_switch`."""
        found = switched(self.policy.settings, tags=tags, now=now, recent=burst)
        return None if found is None else found[1]

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
        known = self._layered.pop(wanted, None) or self._lay(*wanted)
        self._layered[wanted] = known
        self._make_room()
        return known[0]

    def _make_room(self) -> None:
        """Forgets the judges that were asked for longest ago, where they are too many or have too many words."""
        words = 0
        for place, (wanted, (_, own)) in enumerate(reversed(list(self._layered.items()))):
            words += own
            if place and (place >= MOST_LAYERED or words > MOST_LAYERED_WORDS):
                self._layered.pop(wanted, None)

    @property
    def _switches(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.policy.settings.get("switches", [])
        return found

    def _lay(self, section: str | None, thread: str | None, mode: str | None) -> tuple[Judge, int]:
        preset = mode if mode in self.policy.settings.get("presets", ()) else None
        layered = self.policy.layered(section=section, thread=thread, preset=preset)
        # The newsroom's word on one thread stands above the site's setting; a policy only makes it stricter.
        own = mode is not None and preset is None
        setting = Mode(str(mode)) if own else self.settings.mode
        # What only this layer prepares is kept with its judge alone.
        prepared = dict(self.prepared)
        judge = compile_judge(
            layered,
            self.settings,
            setting,
            self.today,
            self.classifier,
            prepared,
            setting_is="the article’s mode" if own else THE_SITE,
            policy_is=_mode_said_by(self.policy.settings, section, thread, preset),
            of_preset=preset is not None and "mode" in self.policy.settings["presets"][preset],
        )
        shares = self._together or prepared.keys() == self.prepared.keys()
        return judge, 0 if shares else _words(layered.settings, layered.lists)


def _mode_said_by(settings: Mapping[str, Any], section: str | None, thread: str | None, preset: str | None) -> str:
    """Which part of a policy says the mode that a layered judge has: the last laid over the others."""
    presets, own = settings.get("presets", {}), settings.get("threads", {}).get(thread, {})
    if preset is not None and "mode" in presets[preset]:
        return f"the preset “{preset}”"
    if isinstance(own, str) and "mode" in presets[own]:
        return f"the preset “{own}” of this article"
    if not isinstance(own, str) and "mode" in own:
        return "the policy for this article"
    if "mode" in settings.get("sections", {}).get(section, {}):
        return f"the policy for the section “{section}”"
    return THE_POLICY


def _listing(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What a policy, or a layer of one, says of words, without the lists that the package ships."""
    own = [one for one in settings.get("lists", ()) if one.get("file") not in shipped_lists()]
    return {"lists": own, "rules": {"word_list": settings.get("rules", {}).get("word_list", {})}}


def _words(settings: Mapping[str, Any], files: Mapping[str, str]) -> int:
    """How many words a policy lists, about: a file's lines are counted, whatever stands in them."""
    found: list[dict[str, Any]] = settings.get("lists", [])
    rule = settings.get("rules", {}).get("word_list", {})
    listed = sum(files[own["file"]].count("\n") + 1 if "file" in own else len(own.get("words", ())) for own in found)
    return listed + sum(len(rule.get(kind, ())) for kind in ("allow", "banned", "suspect"))


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
    classifier: Classifier | None = None,
    classifier_n: int | None = None,
) -> SitePolicy:
    """What `policy` would be as the site's own. Raises PolicyError where it cannot be compiled."""
    prepared: dict[str, Check] = {}
    judge = compile_judge(policy, settings, settings.mode, today, classifier, prepared)
    return SitePolicy(
        version,
        judge,
        settings,
        policy,
        today,
        classifier=classifier,
        classifier_n=classifier_n,
        prepared=prepared,
    )


def compile_judge(
    policy: Policy,
    settings: SiteSettings,
    mode: Mode,
    today: date,
    classifier: Classifier | None = None,
    prepared: dict[str, Check] | None = None,
    *,
    setting_is: str = THE_SITE,
    policy_is: str = THE_POLICY,
    of_preset: bool = False,
    to_people: str = "",
) -> Judge:
    """The judge of a policy under a setting; of the setting's mode and the policy's, the stricter counts.

    `setting_is`, `policy_is`: what a finding calls either; `of_preset`: that the policy's is a preset's. `to_people`:
    why people decide everything, beside any mode.
    """
    said_by_policy = _STRICTNESS.index(Mode(policy.mode)) > _STRICTNESS.index(mode)
    judge = compile_policy(
        policy,
        mode=policy.mode if said_by_policy else mode.value,
        mode_said_by=policy_is if said_by_policy else setting_is,
        mode_of_preset=said_by_policy and of_preset,
        to_people=to_people,
        classifier=classifier,
        detect=detector(),
        today=today,
        prepared=prepared,
    )
    if settings.first_comments_held:
        return judge
    # A site's setting can switch this one off without a policy of its own.
    return replace(judge, rules=tuple(rule for rule in judge.rules if rule.name != first_comment.RULE.name))
