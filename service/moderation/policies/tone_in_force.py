"""What a site's policy says about tone, compiled for those who ask while a comment is being written.

Whoever asks compiles nothing: one thread a process makes what is missing, a site at a time, and until then there is no
answer. It is kept while the version stands, bounded in words by site and together.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from models import PolicyVersion
from moderation_rules import Judge, Policy, PolicyError, compile_policy, default_policy
from moderation_rules.lists.shipped import shipped_lists
from moderation_rules.policy.document import read_settings
from moderation_rules.registry import RULES
from service.errors import Unavailable
from service.moderation.policies.site_policy import detector
from service.moderation.policies.word_lists import texts
from service.telemetry import logger
from service.wiring import Services

log = logger(__name__)

# Rules about how something is said. Which links, phrases and habits make spam, senders of it need not be told.
TONE = frozenset({"word_list", "threats", "shouting"})
# Own words of one site, a fraction of a second to compile, and of all that are kept: 100,000 take 120 MB.
MOST_WORDS = 20_000
MOST_KEPT, MOST_KEPT_WORDS = 100, 100_000


@dataclass(frozen=True, slots=True)
class _Wanted:
    """`site_id` is empty for the shipped policy, which all sites without one of their own share; its `n` is 0."""

    site_id: str
    n: int
    today: date


@dataclass(frozen=True, slots=True)
class _Kept:
    """`judge` None: this release cannot read the policy."""

    wanted: _Wanted
    judge: Judge | None
    words: int


class Tones:
    """What one process has compiled. For several threads."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._changed = threading.Condition()
        # By site: those asked for last at the end, and those to be made in the order they were asked for.
        self._kept: dict[str, _Kept] = {}
        self._missing: dict[str, _Wanted] = {}
        self._making = False

    def judge(self, site_id: str, patience: float) -> Judge | None:
        """The judge of the policy in force, with rules about tone alone; None where it is not made within `patience`
        seconds, or cannot be. Raises Unavailable."""
        with self._services.read() as session:
            n = session.scalar(select(func.max(PolicyVersion.n)).where(PolicyVersion.site_id == site_id))
        wanted = _Wanted("" if n is None else site_id, n or 0, self._services.clock.now().date())
        with self._changed:
            if not self._has(wanted):
                self._missing[wanted.site_id] = wanted
                if not self._making:
                    self._making = True
                    threading.Thread(target=self._make_all, name="tones", daemon=True).start()
                self._changed.wait_for(lambda: self._has(wanted), patience)
            if not self._has(wanted):
                return None
            kept = self._kept[wanted.site_id] = self._kept.pop(wanted.site_id)
            return kept.judge

    def _has(self, wanted: _Wanted) -> bool:
        kept = self._kept.get(wanted.site_id)
        return kept is not None and kept.wanted == wanted

    def _make_all(self) -> None:
        try:
            while (wanted := self._next()) is not None:
                made = self._make(wanted)
                with self._changed:
                    if made is not None:
                        self._kept.pop(wanted.site_id, None)
                        self._kept[wanted.site_id] = made
                        self._make_room()
                    self._changed.notify_all()
        except Exception:
            # Whoever asks next begins another thread.
            with self._changed:
                self._making = False
            raise

    def _next(self) -> _Wanted | None:
        with self._changed:
            while self._missing:
                wanted = self._missing.pop(next(iter(self._missing)))
                if not self._has(wanted):
                    return wanted
            self._making = False
            return None

    def _make(self, wanted: _Wanted) -> _Kept | None:
        """None where it could not be tried: whoever asks next has it tried again."""
        try:
            policy, words = bounded(self._read(wanted))
            return _Kept(wanted, compile_policy(policy, detect=detector(), today=wanted.today), words)
        except PolicyError:
            log.error("policy_not_understood", site=wanted.site_id, n=wanted.n)
            return _Kept(wanted, None, 0)
        except (SQLAlchemyError, Unavailable) as error:
            log.warning("tone_not_made", site=wanted.site_id, error=type(error).__name__)
            return None

    def _read(self, wanted: _Wanted) -> Policy:
        """The policy as it was checked when it was saved: nothing is tried once more. Raises PolicyError."""
        if not wanted.site_id:
            return default_policy()
        with self._services.read() as session:
            found = session.get_one(PolicyVersion, (wanted.site_id, wanted.n))
            lists = texts(session, wanted.site_id, found.lists)
        return Policy(read_settings(found.document), {**shipped_lists(), **lists})

    def _make_room(self) -> None:
        """Forgets those that were asked for longest ago, where they are too many or have too many words."""
        words = 0
        for place, kept in enumerate(reversed(list(self._kept.values()))):
            words += kept.words
            if place and (place >= MOST_KEPT or words > MOST_KEPT_WORDS):
                del self._kept[kept.wanted.site_id]


def bounded(policy: Policy) -> tuple[Policy, int]:
    """The policy with rules about tone alone, and how many own words it has: lists that excuse first, then in the order
    that it names them, as many as have room."""
    settings = policy.settings
    rules: dict[str, Any] = {rule.name: {"enabled": False} for rule in RULES if rule.name not in TONE}
    rules |= {name: dict(own) for name, own in settings.get("rules", {}).items() if name in TONE}
    words, kept = 0, set()
    for own in sorted(settings.get("lists", ()), key=lambda one: one["kind"] != "allow"):
        number = _own_words(own, policy.lists)
        if words + number <= MOST_WORDS:
            words += number
            kept.add(own["name"])
    for option in ("allow", "banned", "suspect"):
        said = rules.get("word_list", {}).get(option, ())
        if words + len(said) <= MOST_WORDS:
            words += len(said)
        else:
            rules["word_list"][option] = []
    lists = [own for own in settings.get("lists", ()) if own["name"] in kept]
    return Policy({**settings, "rules": rules, "lists": lists, "composites": []}, policy.lists), words


def _own_words(own: Mapping[str, Any], files: Mapping[str, str]) -> int:
    """How many words a list has, about: a file's lines are counted. Shipped files are compiled in any case."""
    shipped = "file" not in own or own["file"] in shipped_lists()
    return len(own.get("words", ())) + (0 if shipped else files[own["file"]].count("\n") + 1)
