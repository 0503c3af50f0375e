"""A site's policy in versions: nothing that cannot work gets in, nothing that was in force is lost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Decision, PolicyVersion, Site
from models.queries.sites import newest_policy
from moderation_rules import PolicyError
from moderation_rules.lists.shipped import default_policy_text
from service.accounts.actors import Actor, refuse_shut_out
from service.accounts.audit import audit
from service.errors import Conflict, FieldError, Invalid, NotFound
from service.moderation.policies.checking import check
from service.moderation.policies.shared_turns import shared_turn
from service.moderation.policies.word_lists import MOST_TOGETHER, newest_numbers, words_in
from service.wiring import Services

# How many of the versions that a rollback replaces are looked at for what they have decided.
MOST_COUNTED = 5
# As many decisions of one are counted: who repairs them counts again.
MOST_DECISIONS = 10_000


class PolicyChanged(Conflict):
    code, title = "policy_changed", "Somebody has changed the policy meanwhile"


class ListChange(msgspec.Struct, frozen=True):
    """A list file that another version goes by; null where it goes by none of that name."""

    name: str
    old: int | None
    new: int | None


@dataclass(frozen=True, slots=True)
class RolledBack:
    """`version`: the new one with the old text. `decided`: of the last versions that it replaces, those that have
    decided anything: number -> how many decisions, `MOST_DECISIONS` for so many or more."""

    version: PolicyVersion
    decided: dict[int, int]


def check_policy(
    services: Services,
    actor: Actor,
    site: Site,
    text: str,
    field: str = "yaml",
    lists: Mapping[str, int] | None = None,
    *,
    in_force: bool = False,
) -> dict[str, int]:
    """Raises Invalid with line and column of everything that cannot work; TooMany, Unavailable where too many are
    being checked (`in_force`: will be put in force, so that who only looks is in nobody's way).

    Answers which versions of the site's list files it goes by: those of `lists`, or the newest.
    """
    if "\x00" in text:
        raise Invalid(errors=[FieldError(field, "characters", "This has characters that cannot be kept.")])
    with services.read() as session:
        numbers = newest_numbers(session, site.id) if lists is None else lists
        words = words_in(session, site.id, {name: n for name, n in numbers.items() if name in text})
    # No connection to the database waits for it.
    try:
        with shared_turn(services.redis, site.id, actor.id, in_force=in_force):
            checked = check(site.id, text, words, person=actor.id, in_force=in_force)
    except PolicyError as error:
        problems: list[dict[str, Any]] = [
            {"line": found.line, "column": found.column, "path": found.path, "message": found.message}
            for found in error.errors
        ]
        errors = [
            FieldError(field, "policy", f"Line {found.line}, column {found.column}: {found.message}")
            for found in error.errors
        ]
        raise Invalid("The policy cannot be put in force.", errors=errors, extra={"problems": problems}) from None
    used = {name: numbers[name] for name in words if name in checked.files}
    if max(checked.words, sum(words[name] for name in used)) > MOST_TOGETHER:
        said = f"The lists that it names have more than {MOST_TOGETHER:,} words together: {', '.join(sorted(used))}."
        raise Invalid(said, errors=[FieldError(field, "too_many", said)])
    return used


def put_version(
    services: Services,
    actor: Actor,
    site: Site,
    yaml: str,
    note: str,
    expected: int | None,
    *,
    action: str = "policy.change",
    back_to: int | None = None,
    lists: Mapping[str, int] | None = None,
) -> PolicyVersion:
    """Puts a new version in force, with the newest of the site's list files or those of `lists`.

    Raises Invalid, or PolicyChanged where `expected` is not in force any more or a list has changed meanwhile.
    """
    used = check_policy(services, actor, site, yaml, lists=lists, in_force=True)
    now = services.clock.now()
    with services.write() as session:
        # The row of the site orders two writers, so that each gets a number of its own.
        session.refresh(session.get_one(Site, site.id), with_for_update={"key_share": True})
        last = session.scalar(newest_policy(site.id))
        n = last.n if last else 0
        if expected is not None and expected != n:
            raise PolicyChanged(f"Version {n} is in force, not {expected}.", extra={"version": n})
        if lists is None:
            found = newest_numbers(session, site.id)
            if any(found.get(name) != number for name, number in used.items()):
                raise PolicyChanged("Somebody has changed a list that it names.", extra={"version": n})
        version = PolicyVersion(
            site_id=site.id, n=n + 1, document=yaml, lists=used, author_id=actor.id, note=note, created_at=now
        )
        session.add(version)
        details = {"version": n + 1, "note": note} | ({} if back_to is None else {"back_to": back_to})
        refuse_shut_out(session, actor, now)
        audit(session, actor, action, site_id=site.id, details=details, now=now)
        return version


def roll_back(services: Services, actor: Actor, site: Site, to: int, note: str, expected: int | None) -> RolledBack:
    """Puts an old text with its lists in force as a new version, and counts what was decided meanwhile.

    Raises Invalid for a version that is not older, NotFound, PolicyChanged as `put_version` does.
    """
    with services.read() as session:
        current = session.scalar(newest_policy(site.id))
        n = current.n if current else 0
        if to >= n:
            raise Invalid(errors=[FieldError("version", "not_older", "Go back to a version before the one in force.")])
        old = version_at(session, site, to)
        yaml, lists = text_of(old), lists_of(old)
    version = put_version(
        services,
        actor,
        site,
        yaml,
        note or f"Back to version {to}",
        # Without a word from the caller the version that was just read is the fence.
        n if expected is None else expected,
        action="policy.rollback",
        back_to=to,
        lists=lists,
    )
    with services.read() as session:
        return RolledBack(version, _decided_by(session, site, range(to + 1, n + 1)))


def version_at(session: Session, site: Site, n: int | None) -> PolicyVersion | None:
    """Version `n`, or the one in force; None stands for the shipped default. Raises NotFound."""
    if n is None:
        return session.scalar(newest_policy(site.id))
    if n == 0:
        return None
    found = session.get(PolicyVersion, (site.id, n))
    if found is None:
        raise NotFound("There is no such version.")
    return found


def text_of(version: PolicyVersion | None) -> str:
    return default_policy_text() if version is None else version.document


def lists_of(version: PolicyVersion | None) -> dict[str, int]:
    return {} if version is None else version.lists


def list_changes(old: PolicyVersion | None, new: PolicyVersion | None) -> list[ListChange]:
    """The lists of which the two go by another version, by name."""
    before, after = lists_of(old), lists_of(new)
    names = sorted(before.keys() | after.keys())
    changes = [ListChange(name, before.get(name), after.get(name)) for name in names]
    return [change for change in changes if change.old != change.new]


def _decided_by(session: Session, site: Site, numbers: range) -> dict[int, int]:
    found: dict[int, int] = {}
    for number in list(numbers)[-MOST_COUNTED:]:
        its_own = (
            select(Decision.comment_id)
            .where(Decision.site_id == site.id, Decision.policy_version == str(number))
            .limit(MOST_DECISIONS)
        )
        made = session.scalar(select(func.count()).select_from(its_own.subquery()))
        if made:
            found[number] = made
    return found
