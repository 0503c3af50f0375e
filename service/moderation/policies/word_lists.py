"""A site's own word lists: uploaded files in versions. A policy goes by the versions that were newest when it was
switched on; an upload alone changes nothing, so that it can be rehearsed first."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TypeVar

import msgspec
from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from models import ListFile, Site
from models.queries.sites import moderators_named, newest_policy
from moderation_rules import Policy, load_policy
from moderation_rules.lists.shipped import shipped_lists
from moderation_rules.lists.word_lists import ListError, count_words
from moderation_rules.policy.layers import files_named
from service.accounts.actors import Actor, refuse_shut_out
from service.accounts.audit import audit
from service.errors import Conflict, FieldError, Invalid, NotFound, TooLarge
from service.web_server.bodies import MOST_OF_A_LIST
from service.wiring import Services

T = TypeVar("T")

MOST_WORDS = 100_000
# Of all own lists that one policy names: a worker gets them ready well within the time it may keep its comments.
MOST_TOGETHER = 200_000
MOST_LISTS = 50

# As the command line finds them beside a policy: a file's plain name that ends in .txt.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}\.txt", re.ASCII)


class ListInUse(Conflict):
    code, title = "list_in_use", "The policy in force names this list"


class ListState(msgspec.Struct, frozen=True, kw_only=True):
    """A list's newest version. `in_force`: whether the policy in force goes by it; `n_in_force`: the version that it
    does go by, None for none. `removed`: only the policy in force still has it. `author`: a moderator's name."""

    name: str
    n: int
    entries: int
    in_force: bool
    n_in_force: int | None
    removed: bool
    author: str | None
    created_at: datetime


def upload(services: Services, actor: Actor | None, site: Site, name: str, raw: bytes) -> ListState:
    """Keeps a file as the list's newest version. `actor` None: the command line. Raises TooLarge, Invalid."""
    read = read_list(raw)
    now = services.clock.now()
    with services.write() as session:
        made, is_new = put_list(session, site, name, read, actor.id if actor else None, now)
        if is_new:
            details = {"name": name, "n": made.n, "entries": made.entries}
            refuse_shut_out(session, actor, now)
            audit(session, actor, "list.put", site_id=site.id, details=details, now=now)
        return _states(session, [made], in_force(session, site.id))[0]


def remove(services: Services, actor: Actor | None, site: Site, name: str) -> None:
    """Removes a list. `actor` None: the command line. Raises NotFound, ListInUse."""
    now = services.clock.now()
    with services.write() as session:
        gone = remove_list(session, site, name, actor.id if actor else None, now)
        refuse_shut_out(session, actor, now)
        audit(session, actor, "list.remove", site_id=site.id, details={"name": name, "n": gone.n}, now=now)


def lists_of_site(session: Session, site: Site) -> list[ListState]:
    """By name; removed ones while the policy in force still has them."""
    found = _states(session, newest(session, site.id).values(), in_force(session, site.id))
    return [one for one in found if not one.removed or one.n_in_force is not None]


def read_list(raw: bytes) -> tuple[str, int]:
    """A file's bytes -> its text without a byte order mark, and how many words it has.

    Raises TooLarge, and Invalid naming the line for what is no list: not UTF-8, NUL, a line too long, too many words.
    """
    if len(raw) > MOST_OF_A_LIST:
        raise TooLarge(f"A list has at most {MOST_OF_A_LIST // 1024 // 1024} MiB.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _no_list(f"line {line}: not text in UTF-8") from None
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise _no_list(f"line {line}: has a NUL, which no text has")
    try:
        return text, count_words(text, MOST_WORDS)
    except ListError as error:
        raise _no_list(str(error)) from None


def put_list(
    session: Session, site: Site, name: str, read: tuple[str, int], author_id: str | None, now: datetime
) -> tuple[ListFile, bool]:
    """Keeps `read` (see `read_list`) as the list's newest version; and whether it is another than the last.

    Raises Invalid for a name that is not to be had, and where a site has too many lists.
    """
    text, entries = read
    if not _NAME.fullmatch(name):
        said = "A list's name is 5-100 of letters, digits, dot, hyphen and underscore, and ends in .txt."
        raise Invalid(said, errors=[FieldError("name", "invalid", said)])
    if name in shipped_lists():
        said = f"Rejoinder ships a list {name}: give yours another name."
        raise Invalid(said, errors=[FieldError("name", "shipped", said)])
    _in_turn(session, site)
    last = newest(session, site.id).get(name)
    if last is not None and not last.removed and last.text == text:
        return last, False
    if (last is None or last.removed) and len(newest_numbers(session, site.id)) >= MOST_LISTS:
        said = f"A site has at most {MOST_LISTS} lists."
        raise Invalid(said, errors=[FieldError("name", "too_many", said)])
    return _append(session, site, name, text, entries, author_id, now), True


def remove_list(session: Session, site: Site, name: str, author_id: str | None, now: datetime) -> ListFile:
    """Marks the list as removed; policies of before keep theirs. Raises NotFound, ListInUse."""
    _in_turn(session, site)
    if name not in newest_numbers(session, site.id):
        raise NotFound("There is no such list.")
    if name in in_force(session, site.id):
        raise ListInUse("Switch on a policy without it first.")
    return _append(session, site, name, "", 0, author_id, now, removed=True)


def newest(session: Session, site_id: str) -> dict[str, ListFile]:
    """The newest version of each list by name, also of those that are removed."""
    query = select(ListFile).where(*_newest_of(site_id)).order_by(ListFile.name)
    return {found.name: found for found in session.scalars(query)}


def newest_numbers(session: Session, site_id: str) -> dict[str, int]:
    """What a policy that is checked, rehearsed or switched on now goes by: lists that are not removed."""
    query = select(ListFile.name, ListFile.n).where(*_newest_of(site_id), ListFile.removed.is_(False))
    return dict(session.execute(query).all())


def in_force(session: Session, site_id: str) -> dict[str, int]:
    """The versions that the policy in force goes by."""
    current = session.scalar(newest_policy(site_id))
    return {} if current is None else current.lists


def list_at(session: Session, site: Site, name: str, n: int | None) -> ListFile:
    """Version `n` of a list, or the newest. Raises NotFound, also for a version that only says: removed."""
    query = select(ListFile).where(ListFile.site_id == site.id, ListFile.name == name)
    query = query.order_by(ListFile.n.desc()).limit(1) if n is None else query.where(ListFile.n == n)
    found = session.scalar(query)
    if found is None or found.removed:
        raise NotFound("There is no such list.")
    return found


def texts(session: Session, site_id: str, numbers: Mapping[str, int]) -> dict[str, str]:
    """The lists' texts by name."""
    return _column_at(session, site_id, numbers, ListFile.text)


def words_in(session: Session, site_id: str, numbers: Mapping[str, int]) -> dict[str, int]:
    """How many words each of these versions has, by name; without those that are not there."""
    return _column_at(session, site_id, numbers, ListFile.entries)


def load_with(
    session: Session, site_id: str, yaml: str, numbers: Mapping[str, int], beside: Mapping[str, str] | None = None
) -> tuple[Policy, dict[str, int]]:
    """A policy with these versions of the site's lists, and those of them that it goes by. Raises PolicyError.

    `beside`: texts that win over the site's own.
    """
    wanted = {name: n for name, n in _in(yaml, numbers).items() if name not in (beside or {})}
    policy = load_policy(yaml, lists={**texts(session, site_id, wanted), **(beside or {})})
    named = files_named(policy.settings)
    return policy, {name: n for name, n in wanted.items() if name in named}


def texts_named(session: Session, site_id: str, yaml: str, numbers: Mapping[str, int]) -> dict[str, str]:
    """The texts of these versions of the site's lists, of those that a policy may name."""
    return texts(session, site_id, _in(yaml, numbers))


def _in(yaml: str, numbers: Mapping[str, int]) -> dict[str, int]:
    # Names are plain letters: one that does not stand in the text is not in the policy either.
    return {name: n for name, n in numbers.items() if name in yaml}


def _newest_of(site_id: str) -> tuple[ColumnElement[bool], ...]:
    last = select(ListFile.name, func.max(ListFile.n)).where(ListFile.site_id == site_id).group_by(ListFile.name)
    return ListFile.site_id == site_id, tuple_(ListFile.name, ListFile.n).in_(last)


def _column_at(
    session: Session, site_id: str, numbers: Mapping[str, int], column: InstrumentedAttribute[T]
) -> dict[str, T]:
    if not numbers:
        return {}
    versions = tuple_(ListFile.name, ListFile.n).in_(list(numbers.items()))
    return dict(session.execute(select(ListFile.name, column).where(ListFile.site_id == site_id, versions)).all())


def _states(session: Session, found: Collection[ListFile], used: Mapping[str, int]) -> list[ListState]:
    names = dict(session.execute(moderators_named({one.author_id or "" for one in found})).all())
    return [
        ListState(
            name=one.name,
            n=one.n,
            entries=one.entries,
            in_force=used.get(one.name) == one.n,
            n_in_force=used.get(one.name),
            removed=one.removed,
            author=names.get(one.author_id or ""),
            created_at=one.created_at,
        )
        for one in found
    ]


def _append(
    session: Session,
    site: Site,
    name: str,
    text: str,
    entries: int,
    author_id: str | None,
    now: datetime,
    *,
    removed: bool = False,
) -> ListFile:
    query = select(func.max(ListFile.n)).where(ListFile.site_id == site.id, ListFile.name == name)
    n = (session.scalar(query) or 0) + 1
    made = ListFile(
        site_id=site.id,
        name=name,
        n=n,
        text=text,
        removed=removed,
        entries=entries,
        author_id=author_id,
        created_at=now,
    )
    session.add(made)
    session.flush()
    return made


def _in_turn(session: Session, site: Site) -> None:
    # The row of the site orders two writers, of lists and of policies alike.
    session.refresh(session.get_one(Site, site.id), with_for_update={"key_share": True})


def _no_list(said: str) -> Invalid:
    return Invalid(
        f"This is no list of words: {said}.", errors=[FieldError("list", "list", f"{said[0].upper()}{said[1:]}.")]
    )
