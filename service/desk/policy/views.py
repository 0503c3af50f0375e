"""A site's policy in versions: nothing that cannot work gets in, nothing that was in force is lost."""

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Decision, PolicyVersion, Site
from models.queries import first_id, newest_policy
from moderation_rules import PolicyError
from moderation_rules.lists.shipped import default_policy_text
from service.accounts.access import Actor
from service.accounts.audit import audit
from service.desk.answers import PolicyAnswer
from service.desk.policy.types import DiffLine, ListChange, Offer, VersionLine
from service.desk.queue.items import names_of
from service.errors import Conflict, FieldError, Invalid, NotFound
from service.moderation.policies.in_force import default_version
from service.moderation.policies.word_lists import MOST_TOGETHER, load_with, newest_numbers, words_in
from service.wiring import Services

# Lines around a change that are shown with it.
AROUND = 3
MOST_OFFERS = 5


class PolicyChanged(Conflict):
    code, title = "policy_changed", "Somebody has changed the policy meanwhile"


def check_policy(
    session: Session, site: Site, text: str, field: str = "yaml", lists: Mapping[str, int] | None = None
) -> dict[str, int]:
    """Raises Invalid with line and column of everything that cannot work.

    Answers which versions of the site's list files it goes by: those of `lists`, or the newest.
    """
    if "\x00" in text:
        raise Invalid(errors=[FieldError(field, "characters", "This has characters that cannot be kept.")])
    try:
        numbers = newest_numbers(session, site.id) if lists is None else lists
        used = load_with(session, site.id, text, numbers)[1]
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
    if words_in(session, site.id, used) > MOST_TOGETHER:
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
) -> PolicyAnswer:
    """Puts a new version in force, with the newest of the site's list files or those of `lists`.

    Raises Invalid, or PolicyChanged where `expected` is not in force any more or a list has changed meanwhile.
    """
    with services.read() as session:
        used = check_policy(session, site, yaml, lists=lists)
    now = services.clock.now()
    with services.write() as session:
        # The row of the site orders two writers, so that each gets a number of its own.
        session.refresh(session.get_one(Site, site.id), with_for_update=True)
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
        audit(session, actor, action, site_id=site.id, details=details, now=now)
        session.flush()
        return view(session, site, version)


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


def view(session: Session, site: Site, version: PolicyVersion | None) -> PolicyAnswer:
    if version is None:
        return PolicyAnswer(
            site=site.slug, version=0, yaml=default_policy_text(), note="", author=None, created_at=None
        )
    return PolicyAnswer(
        site=site.slug,
        version=version.n,
        yaml=version.document,
        lists=version.lists,
        note=version.note,
        author=names_of(session, {version.author_id or ""}).get(version.author_id or ""),
        created_at=version.created_at,
    )


def lines_of(
    session: Session, site: Site, limit: int, before: int | None = None
) -> tuple[list[VersionLine], int | None]:
    """Versions newest first, and from where to go on."""
    query = select(PolicyVersion).where(PolicyVersion.site_id == site.id).order_by(PolicyVersion.n.desc())
    if before is not None:
        query = query.where(PolicyVersion.n < before)
    found = list(session.scalars(query.limit(limit + 1)))
    names = names_of(session, {version.author_id or "" for version in found})
    shown = [
        VersionLine(version.n, version.note, names.get(version.author_id or ""), version.created_at)
        for version in found[:limit]
    ]
    return shown, shown[-1].version if len(found) > limit else None


def differences(old: str, new: str) -> list[DiffLine]:
    """The changed lines with a few around them."""
    return list(_differences(old.splitlines(), new.splitlines()))


def _differences(old: list[str], new: list[str]) -> Iterator[DiffLine]:
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(AROUND):
        for tag, a, b, c, d in group:
            if tag == "equal":
                for n in range(b - a):
                    yield DiffLine("same", a + n + 1, c + n + 1, old[a + n])
                continue
            for n in range(a, b):
                yield DiffLine("gone", n + 1, None, old[n])
            for n in range(c, d):
                yield DiffLine("new", None, n + 1, new[n])


def roll_back(
    services: Services, actor: Actor, site: Site, to: int, note: str, expected: int | None
) -> tuple[PolicyAnswer, list[Offer]]:
    """Puts an old text with its lists in force as a new version; offers to repair what was decided meanwhile."""
    with services.read() as session:
        current = session.scalar(newest_policy(site.id))
        n = current.n if current else 0
        if to >= n:
            raise Invalid(errors=[FieldError("version", "not_older", "Go back to a version before the one in force.")])
        old = version_at(session, site, to)
        yaml, lists = text_of(old), lists_of(old)
    # Without a word from the caller the version that was just read is the fence.
    fence = n if expected is None else expected
    answer = put_version(
        services,
        actor,
        site,
        yaml,
        note or f"Back to version {to}",
        fence,
        action="policy.rollback",
        back_to=to,
        lists=lists,
    )
    with services.read() as session:
        return answer, _offers(session, site, range(to + 1, n + 1))


def _offers(session: Session, site: Site, numbers: range) -> list[Offer]:
    offers: list[Offer] = []
    for number in list(numbers)[-MOST_OFFERS:]:
        version = session.get_one(PolicyVersion, (site.id, number))
        # Ids carry their time: nothing before the version was there can have been decided by it.
        made = session.scalar(
            select(func.count(Decision.id)).where(
                Decision.id >= first_id(version.created_at),
                Decision.site_id == site.id,
                Decision.policy_version == str(number),
            )
        )
        if made:
            offers.append(Offer({"site": site.slug, "policy_version": str(number)}, ["rejudge", "revert"], made))
    return offers


def version_name(n: int) -> str:
    """A version as decisions name it."""
    return str(n) if n else default_version()
