"""The audit trail as a page: who did what, by site, person, action and thing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request

from models import ActorKind, AuditEntry, Site
from models.queries.overview.audit import people_on
from service.accounts.access import current_actor, open_to
from service.desk.actor_names import names_of_actors
from service.desk.overview.audit_board import TrailQuestion, find_trail
from service.desk.overview.audit_targets import Target, find_targets
from service.desk.requests import id_field, line_field
from service.desk.site_access import reached, sites_asked
from service.localization import gettext
from service.localization import noop as N_
from service.wiring import current_services

audit_pages = Blueprint("audit_pages", __name__, url_prefix="/moderate/audit")

# What stands in the trail, in words. What is not among them goes by its own name.
ACTIONS: Mapping[str, str] = {
    "backup.restore": N_("Put a backup back"),
    "ban.add": N_("Banned somebody"),
    "ban.lift": N_("Lifted a ban"),
    "check.remove": N_("Removed an outside check"),
    "check.set": N_("Set up an outside check"),
    "classifier.in_force": N_("Put a classifier in force"),
    "classifier.off": N_("Switched the classifier off"),
    "classifier.train": N_("Had a classifier trained"),
    "comment.answer": N_("Answered a question about a comment"),
    "comment.approve": N_("Approved a comment"),
    "comment.escalate": N_("Escalated a comment"),
    "comment.feature": N_("Featured a comment"),
    "comment.hold": N_("Held a comment for later"),
    "comment.keep": N_("Kept a comment"),
    "comment.let_go": N_("Let go of a comment that was held"),
    "comment.message": N_("Wrote to a writer"),
    "comment.pending": N_("Put a comment back to those that wait"),
    "comment.pin": N_("Pinned a comment"),
    "comment.redact": N_("Removed a passage from a comment"),
    "comment.reject": N_("Rejected a comment"),
    "comment.rejudge": N_("Had a comment judged again"),
    "comment.reply_as_staff": N_("Answered in the newsroom’s name"),
    "comment.reveal_email": N_("Saw an address"),
    "report.reveal_email": N_("Saw who reported a comment"),
    "comment.spam": N_("Marked a comment as spam"),
    "comment.undo": N_("Took a decision back"),
    "comment.unescalate": N_("Took a question about a comment back"),
    "comment.unfeature": N_("Featured a comment no longer"),
    "comment.unpin": N_("Unpinned a comment"),
    "finding.settle": N_("Settled what was said to be wrong"),
    "finding.wrong": N_("Said that a rule is wrong here"),
    "job.label": N_("Said what is right in a rehearsal"),
    "job.rehearsal": N_("Began a rehearsal"),
    "job.repair": N_("Decided many comments at once"),
    "job.undo": N_("Took a job back"),
    "key.add": N_("Made an API key"),
    "key.revoke": N_("Revoked an API key"),
    "lease.break": N_("Ended somebody’s lease"),
    "list.put": N_("Uploaded a word list"),
    "list.remove": N_("Removed a word list"),
    "moderator.add": N_("Added an account"),
    "moderator.add_refused": N_("Tried to add an account that is there"),
    "moderator.close": N_("Closed an account"),
    "moderator.link": N_("Made a sign-in link"),
    "moderator.set": N_("Changed an account"),
    "policy.change": N_("Changed the policy"),
    "policy.entry": N_("Decided about a word or website for the policy"),
    "policy.propose": N_("Proposed a word or website for the policy"),
    "login_key.add": N_("Added a key for a site’s sign-ins"),
    "login_key.remove": N_("Removed a key for a site’s sign-ins"),
    "policy.rollback": N_("Went back to an earlier policy"),
    "receipt.revoke": N_("Revoked a receipt"),
    "saved_reply.delete": N_("Deleted a saved reply"),
    "saved_reply.put": N_("Changed a saved reply"),
    "session.start": N_("Signed in"),
    "session.throttled": N_("Sign-ins were slowed down"),
    "site.add": N_("Added a site"),
    "site.set": N_("Changed a site’s settings"),
    "standing_decision.end": N_("Ended a decision about copies to come"),
    "standing_decision.set": N_("Decided about copies to come"),
    "thread.add": N_("Told of an article"),
    "thread.change": N_("Changed a thread"),
    "writer.mark": N_("Marked a writer"),
    "writer.unmark": N_("Took a writer’s mark back"),
}
# Details that only repeat what else is said.
_NOT_SHOWN = frozenset({"decision", "job"})


@dataclass(frozen=True, slots=True)
class TrailLine:
    entry: AuditEntry
    who: str
    did: str
    site: str
    details: str
    # None for an entry that is about no one thing.
    target: Target | None


@audit_pages.get("")
@open_to("moderator")
def page() -> str:
    actor = current_actor()
    given = {name: line_field(request.args, name, 64) for name in ("site", "person", "action")}
    comment, cursor = line_field(request.args, "comment", 60), id_field(request.args, "cursor")
    with current_services().read() as session:
        sites = sites_asked(session, given["site"], "moderator")
        everywhere = not given["site"] and actor.site_ids("moderator") is None
        within = None if everywhere else list(sites)
        asked = TrailQuestion(
            site_ids=within,
            administered=actor.site_ids("admin"),
            person=given["person"],
            action=given["action"],
            target=comment,
            before=cursor,
        )
        entries, following = find_trail(session, asked)
        people = session.execute(people_on(within)).all()
        names = names_of_actors(session, {entry.actor_id or "" for entry in entries} | {given["person"]})
        every = list(reached(session, "moderator").values())
        by_id = {site.id: site for site in every}
        targets = find_targets(session, actor, entries, by_id)
    chosen: list[Any] = [tuple(row) for row in people]
    shown = {entry.actor_id for entry in entries}
    if given["person"] in shown and given["person"] not in dict(chosen):
        chosen.append((given["person"], names.get(given["person"], gettext("somebody"))))
    return render_template(
        "desk/audit.html",
        actor=actor,
        lines=[_line(entry, names, by_id, targets.get(entry.id)) for entry in entries],
        sites=every,
        people=chosen,
        actions=sorted(((code, gettext(said)) for code, said in ACTIONS.items()), key=lambda found: found[1]),
        given=given,
        comment=comment,
        following=following,
        link=lambda **changes: _link({**given, "comment": comment}, **changes),
    )


def _line(entry: AuditEntry, names: Mapping[str, str], sites: Mapping[str, Site], target: Target | None) -> TrailLine:
    said = ACTIONS.get(entry.action)
    return TrailLine(
        entry=entry,
        who=_who(entry, names),
        did=gettext(said) if said else entry.action,
        site=sites[entry.site_id].slug if entry.site_id in sites else "",
        details=_details(entry.details),
        target=target,
    )


def _who(entry: AuditEntry, names: Mapping[str, str]) -> str:
    if entry.actor_kind == ActorKind.SYSTEM:
        return gettext("An operator, or the service itself")
    return names.get(entry.actor_id or "") or gettext("somebody whose account is gone")


def _details(details: Mapping[str, Any]) -> str:
    """What else is kept of it, as it is kept: "from: pending, to: approved"."""
    return ", ".join(f"{name}: {_plain(value)}" for name, value in details.items() if name not in _NOT_SHOWN)


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "(" + ", ".join(f"{name}: {_plain(inner)}" for name, inner in value.items()) + ")"
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return "–" if value is None else str(value)


def _link(fields: Mapping[str, str], **changes: str) -> str:
    found = urlencode({name: value for name, value in {**fields, **changes}.items() if value})
    return f"/moderate/audit?{found}" if found else "/moderate/audit"
