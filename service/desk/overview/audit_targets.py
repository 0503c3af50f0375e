"""What the entries of the audit trail are about: what it is called, and where it can be looked at."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sqlalchemy import Select
from sqlalchemy.orm import Session

from models import (
    ApiKey,
    AuditEntry,
    Ban,
    BanKind,
    Comment,
    Job,
    MarkKind,
    Moderator,
    OutsideCheck,
    PolicyEntry,
    SavedReply,
    Site,
    StandingDecision,
    WriterMark,
    WrongFinding,
)
from models.queries.overview.audit import stories_named, things_named
from service.accounts.access import Actor
from service.desk.wording import BAN, rule_name
from service.localization import gettext
from service.localization import noop as N_

Named = Callable[[Collection[str]], Select[str, str, str]]


@dataclass(frozen=True, slots=True)
class Target:
    """What one entry is about. `kind`: what sort of thing; `name`: what it is called, "" for what has no name or is
    not there any more; `where`: its page, "" where there is none for who asks."""

    kind: str
    name: str
    where: str


@dataclass(frozen=True, slots=True)
class _Thing:
    """A sort of thing. `named`: finds names of several; `member`: of an entry's details, which names it otherwise.

    `where`: its page, with `{site}` and what the page goes by put in; `level`: who may open that there. `shown`: a
    name in words.
    """

    kind: str
    named: Named | None = None
    where: str = ""
    level: str = "moderator"
    member: str = ""
    shown: Callable[[str], str] = str


def _by(name: Any) -> Named:
    """`name`: a model's column."""
    return lambda ids: things_named(name, ids)


def _mark(kind: str) -> str:
    return {
        MarkKind.HOLD: gettext("waits for a person"),
        MarkKind.TRUST: gettext("trusted"),
        MarkKind.NOTE: gettext("a note"),
    }.get(MarkKind(kind), kind)


def _version(n: str) -> str:
    return gettext("version %(number)s", number=n)


def _job(action: str) -> str:
    return {
        "repair": gettext("many comments at once"),
        "rehearsal": gettext("a rehearsal"),
        "undo": gettext("taking a job back"),
        "writer": gettext("what a writer sent"),
    }.get(action, action)


def _decision(action: str) -> str:
    return {"approve": gettext("Approve"), "reject": gettext("Reject"), "spam": gettext("Spam")}.get(action, action)


_COMMENT = _Thing(N_("Comment"), _by(Comment.name), "/moderate/?at={id}")
_ACCOUNT = _Thing(N_("Account"), _by(Moderator.name), "/moderate/sites/{site}/people", "admin")
_SITE = _Thing(N_("Site"), where="/moderate/settings")
# By an entry's action, else by the noun that it begins with.
THINGS: Mapping[str, _Thing] = {
    "comment": _COMMENT,
    "receipt": _COMMENT,
    "report": _COMMENT,
    "lease": _COMMENT,
    "finding.wrong": _COMMENT,
    "finding": _Thing(
        N_("Finding"), _by(WrongFinding.rule), "/moderate/sites/{site}/wrong-findings", shown=rule_name
    ),
    "thread": _Thing(N_("Thread"), stories_named, "/moderate/?site={site}&tab=all&thread={id}"),
    "writer": _Thing(N_("Writer"), _by(WriterMark.kind), "/moderate/sites/{site}/writers", shown=_mark),
    "ban": _Thing(
        N_("Ban"), _by(Ban.kind), "/moderate/sites/{site}/bans", shown=lambda kind: BAN[BanKind(kind)]
    ),
    "standing_decision": _Thing(
        N_("Decision about copies to come"),
        _by(StandingDecision.action),
        "/moderate/sites/{site}/standing-decisions",
        shown=_decision,
    ),
    "job": _Thing(N_("Job"), _by(Job.kind), "/moderate/sites/{site}/jobs/{id}", shown=_job),
    "policy.propose": _Thing(N_("Chosen word"), _by(PolicyEntry.text), "/moderate/sites/{site}/policy/entries/{id}"),
    "policy.entry": _Thing(N_("Chosen word"), _by(PolicyEntry.text), "/moderate/sites/{site}/policy/entries/{id}"),
    "policy": _Thing(
        N_("Policy"), where="/moderate/sites/{site}/policy?version={id}", member="version", shown=_version
    ),
    "list": _Thing(N_("Word list"), where="/moderate/sites/{site}/policy", member="name"),
    "classifier": _Thing(N_("Classifier"), where="/moderate/sites/{site}/classifier", member="model"),
    "saved_reply": _Thing(
        N_("Saved reply"), _by(SavedReply.name), "/moderate/sites/{site}/saved-replies", member="name"
    ),
    "check": _Thing(
        N_("Outside check"), _by(OutsideCheck.name), "/moderate/sites/{site}/checks", "admin", member="name"
    ),
    "key": _Thing(
        N_("API key"), _by(ApiKey.scope), "/moderate/sites/{site}/people", "admin", member="scope"
    ),
    "login_key": _Thing(N_("Sign-in key"), None, "/moderate/sites/{site}/login-keys", "admin", member="kid"),
    "moderator": _ACCOUNT,
    "session": _ACCOUNT,
    "site": _SITE,
}  # fmt: skip


def find_targets(
    session: Session, actor: Actor, entries: Sequence[AuditEntry], sites: Mapping[str, Site]
) -> dict[str, Target]:
    """Entry -> what it is about; nothing for an entry that is about no one thing. `sites`: those of the caller."""
    about = {entry.id: thing for entry in entries if (thing := _thing(entry.action)) is not None}
    wanted: dict[Named, set[str]] = {}
    for entry in entries:
        thing = about.get(entry.id)
        if thing is not None and thing.named is not None and entry.target:
            wanted.setdefault(thing.named, set()).add(entry.target)
    names = {(named, row[0]): (row[1], row[2]) for named, ids in wanted.items() for row in session.execute(named(ids))}
    found = {}
    for entry in entries:
        if (thing := about.get(entry.id)) is None:
            continue
        given = str(entry.details.get(thing.member) or "")
        called, goes_by = names.get((thing.named, entry.target or ""), ("", "")) if thing.named else (given, given)
        site = sites.get(entry.site_id)
        may = site is not None and actor.can(thing.level, site.id) and (thing.named is None or goes_by != "")
        where = thing.where.format(site=quote(site.slug, safe=""), id=quote(goes_by, safe="")) if site and may else ""
        name = thing.shown(called) if called else given
        if thing is _SITE and site is not None:
            name = site.name or site.slug
        found[entry.id] = Target(gettext(thing.kind), name, where)
    return found


def _thing(action: str) -> _Thing | None:
    return THINGS.get(action) or THINGS.get(action.partition(".")[0])
