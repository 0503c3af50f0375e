"""What the desk's pages say: statuses, findings, forms and times in plain words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models import ActorKind, BanKind, ProofMethod, Status
from models.queries.arms import TOTAL_MOST
from moderation_rules.language.tags import name_of, same
from moderation_rules.registry import BY_NAME
from moderation_rules.text.counting import counted
from service.clock import in_units
from service.desk.types import By, DecisionView, FindingView, History, QueueItem, SetAsideView, WriterView
from service.localization import gettext
from service.localization import noop as N_

STATUS: Mapping[Status, str] = {
    Status.RECEIVED: "Not judged yet",
    Status.PENDING: "Waiting for a moderator",
    Status.APPROVED: "Approved",
    Status.REJECTED: "Rejected",
    Status.SPAM: "Marked as spam",
    Status.WITHDRAWN: "Withdrawn by its writer",
    Status.ERASED: "Erased",
}

# Verdicts and, where a person has decided, statuses.
VERDICTS: Mapping[str, str] = {
    "approve": "Published",
    "pending": "Waits for a person",
    "reject": "Rejected",
    "spam": "Spam",
    "approved": "Published",
    "rejected": "Rejected",
}

# From the narrowest to the widest: the form begins with the one that meets the fewest people.
BAN: Mapping[BanKind, str] = {
    BanKind.CHAIN: "The writer",
    BanKind.ADDRESS: "The e-mail address",
    BanKind.PREFIX: "The network, shared with others",
}
# How many days a ban can be set for on the desk.
BAN_DAYS: Mapping[str, str] = {"1": "a day", "7": "a week", "30": "30 days", "365": "a year", "": "until it is lifted"}

VERDICT: Mapping[str, str] = {"pending": "a person decides", "reject": "rejects", "spam": "marks as spam"}

DONE: Mapping[str, str] = {
    "approve": "Approved",
    "reject": "Rejected",
    "spam": "Marked as spam",
    "pending": "Back to pending",
    "keep": "Seen and kept",
    "undo": "Taken back",
    "edit": "Edited",
    "withdraw": "Withdrawn",
}

# What may be done to all near copies of each other.
COUNTED_IN_PART = "There are more comments than could be counted in a moment: these are at least so many."
DECIDE_ALL: Mapping[str, str] = {"spam": "All spam", "reject": "Reject all", "approve": "Approve all"}

# What a rule looks for, said so that it accuses nobody where it could not be looked for.
NOT_CHECKED: Mapping[str, str] = {
    "unreachable_email": "whether the mailbox can be reached",
    "disposable_email": "whether the mailbox is a throw-away one",
    "outside_check": "what the site’s outside checks say",
}

PROOF: Mapping[ProofMethod, str] = {
    ProofMethod.LINK: "confirmed by the link in a mail",
    ProofMethod.RECEIPT: "confirmed by an earlier receipt",
    ProofMethod.LOGIN: "signed in on the site",
}


# What holds a comment beside the rules.
CAUSES: Mapping[str, str] = {
    "mode": N_("Mode"),
    "threshold": N_("Threshold"),
    "worker": N_("Could not be judged"),
    "moderator": N_("Put back by a moderator"),
    "undo": N_("Decision taken back"),
    "job": N_("Put back by a job"),
    "writer": N_("Changed by its writer"),
    "restore": N_("Restored from a backup"),
    "service": N_("Held by the service"),
}


def rule_name(rule: str) -> str:
    """What a moderator calls the rule of a finding; what is no rule, such as a composite, goes by its own name."""
    if rule in CAUSES:
        return gettext(CAUSES[rule])
    known = BY_NAME.get(rule)
    return rule.replace("_", " ").capitalize() if known is None else known.title


def not_checked(finding: FindingView) -> str:
    """ "Not checked: whether the mailbox can be reached", of a rule that could not run; empty for all else."""
    if not is_unchecked(finding):
        return ""
    return f"Not checked: {NOT_CHECKED.get(finding.rule) or f'the rule “{rule_name(finding.rule)}”'}"


def is_unchecked(finding: FindingView) -> bool:
    """Whether it only says that a rule could not run: then nothing was found, and its title would accuse somebody.

    What is no rule (a comment that no worker could judge, the end of a very long one) goes by its own message.
    """
    return finding.could_not_check and finding.rule in BY_NAME


def chip(finding: FindingView) -> str:
    """What the list says of a finding."""
    return not_checked(finding) or rule_name(finding.rule) + place(finding)


def place(finding: FindingView) -> str:
    """Where it was found, if not in the text: " in the name", " in the website"."""
    return f" in the {finding.field}" if finding.field in ("name", "website") else ""


def ago(then: datetime, now: datetime) -> str:
    """ "12 minutes ago", as the page's script goes on saying it; less than a minute is "just now"."""
    passed = in_units(now - then, weeks=False)
    return "just now" if passed is None else f"{counted(*passed)} ago"


def total(found: int, noun: str = "", *, at_least: bool = False) -> str:
    """How many there are, where nobody counts further than `TOTAL_MOST`: "12 comments", "more than 10,000".

    `at_least`: nobody has counted further than this.
    """
    if at_least or found > TOTAL_MOST:
        return f"more than {min(found, TOTAL_MOST):,}" + (f" {noun}s" if noun else "")
    return counted(found, noun) if noun else f"{found:,}"


def weight(finding: FindingView) -> str:
    """What a finding does, beside its name; empty where the name says it all."""
    if finding.could_not_check:
        return "could not be checked"
    if finding.observe:
        return "only observed"
    if finding.verdict is not None:
        return VERDICT.get(finding.verdict, finding.verdict)
    if not finding.score:
        return ""
    return f"{finding.score:+g}, can only hold" if finding.doubtful else f"{finding.score:+g}"


def language(item: QueueItem) -> str:
    """What it is written in, where that is known and not what the page says already."""
    if item.language is None or same(item.language, item.thread.language):
        return ""
    return name_of(item.language)


def proof(author: WriterView) -> str:
    """How sure we are that this writer wrote what else stands under the pseudonym."""
    return PROOF[author.proof].capitalize() if author.proof else "Not confirmed: anybody can type a name"


def history(found: History) -> str:
    """ "12 approved, 1 rejected"; what is none is left out."""
    parts = [
        f"{count:,} {word}"
        for count, word in (
            (found.approved, "approved"),
            (found.rejected, "rejected"),
            (found.spam, "spam"),
            (found.pending, "waiting"),
        )
        if count
    ]
    return ", ".join(parts) or "Nothing before"


def form(facts: Mapping[str, Any]) -> list[str]:
    """What intake found out about the form, one sentence a fact; only what a moderator can use."""
    said: list[str] = []
    age = facts.get("form_age")
    if isinstance(age, (int, float)):
        said.append(f"The form was open for {_seconds(float(age))}.")
    token = facts.get("form_token")
    if token == "missing":
        said.append("Sent without our form, by a program or an old copy of the page.")
    elif token == "stale":
        said.append("The form had been open for more than a day.")
    elif token == "invalid":
        said.append("The form's seal was not ours.")
    if facts.get("honeypot_filled"):
        said.append("A field that people cannot see was filled in.")
    if facts.get("disposable_email"):
        said.append("The mailbox is a throw-away one.")
    if facts.get("unreachable_email"):
        said.append("The mailbox cannot be reached.")
    if facts.get("address_banned"):
        said.append("The address is banned. The rules pay no heed to it: anybody can type an address.")
    return said


def by(who: By, policy_version: str | None) -> str:
    """Who decided."""
    if who.kind is ActorKind.POLICY:
        return f"the rules ({policy_version})" if policy_version else "the rules"
    if who.kind is ActorKind.AUTHOR:
        return "its writer"
    if who.kind is ActorKind.SYSTEM:
        return "the service"
    return who.name or ("a program with a key" if who.kind is ActorKind.API_KEY else "a moderator")


def decided(decision: DecisionView) -> str:
    """One line of what happened: "Approved", "Held for a moderator"."""
    if decision.by.kind is ActorKind.POLICY and decision.to_status is Status.PENDING:
        return "Held for a moderator"
    return DONE.get(decision.action) or STATUS[decision.to_status]


def asked(code: str) -> str:
    """Whom an escalation asks."""
    return {"editor": gettext("the editor"), "legal": gettext("legal"), "lead": gettext("the lead")}[code]


def aside_title(aside: SetAsideView) -> str:
    """Why it is not in the common list: "Held for Ben", "Escalated to legal"."""
    name = aside.moderator and (aside.moderator.name or gettext("somebody"))
    if aside.to is None:
        return gettext("Held for %(name)s", name=name) if name else gettext("Held for later")
    to = asked(aside.to)
    return (
        gettext("Escalated to %(to)s (%(name)s)", to=to, name=name) if name else gettext("Escalated to %(to)s", to=to)
    )


def aside_by(aside: SetAsideView) -> str:
    """Who has set it aside."""
    return gettext("by %(name)s", name=by(aside.by, None))


def aside_end(aside: SetAsideView) -> str:
    """How that ended, before the time at which it did."""
    name = by(aside.ended_by, None) if aside.ended_by else ""
    if aside.ended == "time":
        return gettext("came back by itself")
    if aside.ended == "answered":
        return gettext("answered by %(name)s", name=name)
    if aside.ended == "decided":
        return gettext("ended with the decision of %(name)s", name=name)
    return gettext("let go by %(name)s", name=name)


def _seconds(seconds: float) -> str:
    if seconds < 120:
        return counted(max(1, round(seconds)), "second")
    if seconds < 7200:
        return counted(round(seconds / 60), "minute")
    return counted(round(seconds / 3600), "hour")
