"""Words and domains that moderators choose beside a comment for the site's policy.

An administrator's goes in at once as `observe`; anybody else's waits for one. What is in force, and since when, the
policy's versions say alone; an entry remembers who asked for it and what became of it.
"""

from typing import Literal

from sqlalchemy import Select, select

from models import EntryKind, EntryState, PolicyEntry, PolicyVersion, Site, new_id
from models.queries.conditions import stretch
from models.queries.sites import newest_policy
from moderation_rules import Comment as Typed
from moderation_rules import Facts
from moderation_rules.matching.links import host_of, links
from moderation_rules.policy.additions import CannotEdit, state_of, switched_on, with_domain, with_word
from moderation_rules.rule import Reading
from service.accounts.actors import Actor, refuse_shut_out
from service.accounts.audit import audit
from service.errors import Conflict, FieldError, Invalid, NotFound
from service.moderation.policies.versions import check_policy, put_version
from service.wiring import Services

LONGEST = {EntryKind.WORD: 200, EntryKind.DOMAIN: 255}

Change = Literal["observe", "on", "decline"]


class EntryDecided(Conflict):
    code, title = "entry_decided", "This has been decided already"


class NotByMachine(Conflict):
    code, title = "edit_by_hand", "The policy has to be edited by hand"


def read_entry(kind: EntryKind, text: str) -> str:
    """What was selected, as a policy has it: words on one line, or the host of what was selected. Raises Invalid."""
    plain = " ".join(text.replace("\x00", "").split())
    if kind is EntryKind.DOMAIN:
        found = links(Reading(Typed(plain), Facts()))
        plain = found[0].host if found else host_of(plain if "://" in plain else f"http://{plain}")
    if not plain.strip("* ") or len(plain) > LONGEST[kind] or (kind is EntryKind.DOMAIN and "." not in plain):
        said = f"Choose 1 to {LONGEST[kind]} characters that are a {kind.value}."
        raise Invalid(said, errors=[FieldError("text", "invalid", said)])
    return plain


def choose(
    services: Services, actor: Actor, site: Site, kind: EntryKind, text: str, comment_id: str | None = None
) -> PolicyEntry:
    """Proposes what was selected; an administrator's is observed from now on. The entry that is there already, where
    somebody else was faster. Raises Invalid, PolicyChanged, NotByMachine."""
    text = read_entry(kind, text)
    with services.read() as session:
        known = session.scalar(_open(site.id, kind, text))
    entry = known or _new(services, actor, site, kind, text, comment_id)
    if entry.state is EntryState.PROPOSED and actor.can("admin", site.id):
        return change(services, actor, site, entry.id, "observe")
    return entry


def change(services: Services, actor: Actor, site: Site, entry_id: str, to: Change) -> PolicyEntry:
    """Puts an entry into the policy as `observe`, switches it on, or declines it.

    1. The policy gets a new version, unless it says so already.
    2. The entry says so. A crash before it leaves an entry that can be changed so once more: step 1 finds it done.

    Raises NotFound, EntryDecided, Invalid, PolicyChanged, NotByMachine.
    """
    with services.read() as session:
        entry = session.get(PolicyEntry, entry_id)
        if entry is None or entry.site_id != site.id:
            raise NotFound("There is no such entry.")
        current = session.scalar(newest_policy(site.id))
    allowed = {EntryState.PROPOSED: ("observe", "on", "decline"), EntryState.OBSERVED: ("on",)}
    if to not in allowed.get(entry.state, ()):
        raise EntryDecided(f"It is {entry.state.value}.")
    n = current.n if current else 0
    if to != "decline":
        n = _put(services, actor, site, entry, current, observe=to == "observe")
    now = services.clock.now()
    states = {"observe": EntryState.OBSERVED, "on": EntryState.ON, "decline": EntryState.DECLINED}
    with services.write() as session:
        kept = session.get_one(PolicyEntry, entry_id, with_for_update={"key_share": True})
        kept.state, kept.policy_n, kept.changed_by, kept.changed_at = states[to], n, actor.id, now
        details = {"kind": kept.kind.value, "state": kept.state.value, "version": n}
        refuse_shut_out(session, actor, now)
        audit(session, actor, "policy.entry", target=kept.id, site_id=site.id, details=details, now=now)
        session.flush()
        return kept


def entries_of(site_id: str, before: str = "") -> Select[PolicyEntry]:
    """A site's entries, newest first; `before`: the last one already seen."""
    part = stretch(PolicyEntry.site_id, site_id, PolicyEntry.id, before=before)
    return select(PolicyEntry).where(part).order_by(PolicyEntry.site_id.desc(), PolicyEntry.id.desc())


def _open(site_id: str, kind: EntryKind, text: str) -> Select[PolicyEntry]:
    return (
        entries_of(site_id)
        .where(PolicyEntry.kind == kind, PolicyEntry.text == text, PolicyEntry.state != EntryState.DECLINED)
        .limit(1)
    )


def _new(
    services: Services, actor: Actor, site: Site, kind: EntryKind, text: str, comment_id: str | None
) -> PolicyEntry:
    with services.read() as session:
        current = session.scalar(newest_policy(site.id))
    # What no policy could have, nobody has to be asked for.
    lists = None if current is None else current.lists
    check_policy(services, actor, site, _edited(current, kind, text, observe=True), "text", lists)
    now = services.clock.now()
    with services.write() as session:
        made = PolicyEntry(
            id=new_id(),
            site_id=site.id,
            kind=kind,
            text=text,
            state=EntryState.PROPOSED,
            comment_id=comment_id,
            created_by=actor.id,
            created_at=now,
        )
        session.add(made)
        details = {"kind": kind.value, "comment": comment_id}
        refuse_shut_out(session, actor, now)
        audit(session, actor, "policy.propose", target=made.id, site_id=site.id, details=details, now=now)
        session.flush()
        return made


def _put(
    services: Services, actor: Actor, site: Site, entry: PolicyEntry, current: PolicyVersion | None, *, observe: bool
) -> int:
    """The number of the version that says so: a new one, unless the one in force does."""
    n = 0 if current is None else current.n
    text = "" if current is None else current.document
    try:
        now_observed = state_of(text, entry.kind.value, entry.text)
    except CannotEdit as cannot:
        raise NotByMachine(f"{str(cannot).capitalize()}.") from None
    if now_observed is False or (now_observed and observe):
        return n
    edited = _edited(current, entry.kind, entry.text, observe=observe, there=now_observed is not None)
    note = f"{'Observe' if observe else 'Switch on'} the {entry.kind.value} “{entry.text}”"[:500]
    lists = None if current is None else current.lists
    return put_version(services, actor, site, edited, note, n, lists=lists).n


def _edited(
    current: PolicyVersion | None, kind: EntryKind, text: str, *, observe: bool, there: bool | None = None
) -> str:
    # Without a policy of its own a site goes on inheriting the shipped one.
    document = "" if current is None else current.document
    try:
        if there or (there is None and state_of(document, kind.value, text) is not None):
            return document if there is None else switched_on(document, kind.value, text)
        add = with_word if kind is EntryKind.WORD else with_domain
        return add(document, text, observe=observe)
    except CannotEdit as cannot:
        raise NotByMachine(f"{str(cannot).capitalize()}.") from None
