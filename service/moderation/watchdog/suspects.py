"""Which rules were running when workers were lost over a comment. Kept in Redis: a hint that helps name the culprit.

Without Redis, or after a flush, the comment still goes to a person after its third failure; nobody then knows why.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from redis import Redis

from moderation_rules import Judge
from moderation_rules.engine import CutOff
from moderation_rules.rule import Check, Hit, Reading
from service.queue.redis_guard import RedisUnavailable, guarded
from service.redis_keys import key

KEPT_SECONDS = 86_400


def save(redis: Redis, comment_id: str, *rules: str) -> None:
    """Writes down which rules can't be trusted with the comment, the last one being the one that runs; none: forget."""
    try:
        with guarded(redis, "trail"):
            if rules:
                redis.set(_key(redis, comment_id), ",".join(rules), ex=KEPT_SECONDS)
            else:
                redis.delete(_key(redis, comment_id))
    except RedisUnavailable:
        return


def forget(redis: Redis, comment_ids: Collection[str]) -> None:
    """Trusts every rule with these comments again."""
    try:
        with guarded(redis, "trail"):
            redis.delete(*(_key(redis, comment_id) for comment_id in comment_ids))
    except RedisUnavailable:
        return


def load(redis: Redis, comment_id: str) -> tuple[str, ...]:
    """Rules that were running when a worker was lost over the comment."""
    try:
        with guarded(redis, "trail"):
            found: bytes | str | None = redis.get(_key(redis, comment_id))
    except RedisUnavailable:
        return ()
    text = found.decode() if isinstance(found, bytes) else found or ""
    return tuple(rule for rule in text.split(",") if rule)


def tracked(judge: Judge, lost: Sequence[str], before: Callable[[str], None]) -> Judge:
    """The judge without the rules in `lost`; `before` hears of each other rule just before it runs."""

    def told(name: str, check: Check) -> Check:
        def wrapped(reading: Reading) -> Sequence[Hit]:
            before(name)
            return check(reading)

        return wrapped

    rest = without_rules(judge, lost)
    rules = [rule if rule.name in lost else replace(rule, check=told(rule.name, rule.check)) for rule in rest.rules]
    return replace(rest, rules=tuple(rules))


def without_rules(judge: Judge, names: Collection[str]) -> Judge:
    """The judge with these rules cut off before they begin: they say so, and the comment goes where they state."""
    rules = [replace(rule, check=_cut_off) if rule.name in names else rule for rule in judge.rules]
    return replace(judge, rules=tuple(rules))


def _cut_off(reading: Reading) -> Sequence[Hit]:
    raise CutOff


def _key(redis: Redis, comment_id: str) -> str:
    return key(redis, f"comments:trail:{comment_id}")
