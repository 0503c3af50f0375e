"""What the desk's pages say: statuses, findings, forms and times in plain words."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_timedelta

from models import ActorKind, BanKind, ProofMethod, Status, ThreadState
from models.queries.arms import TOTAL_MOST
from moderation_rules.language.tags import name_of, same
from moderation_rules.registry import BY_NAME
from moderation_rules.text.counting import counted as counted
from service.clock import UNITS, in_units
from service.desk.types import By, DecisionView, FindingView, History, QueueItem, WriterView
from service.localization import Messages, ngettext, speaking
from service.localization import gettext as _
from service.localization import noop as N_
from service.localization import number as number
from service.localization import translated as translated
from service.localization.formats import day as day
from service.localization.formats import day_of_year as day_of_year
from service.localization.formats import decimal as decimal
from service.localization.formats import signed as signed
from service.localization.formats import time_of_day as time_of_day
from service.moderation.reasons import label

SECONDS = {"second": 1} | {unit: int(size) for unit, size in UNITS}

STATUS: Mapping[Status, str] = Messages(
    {
        Status.RECEIVED: N_("Not judged yet"),
        Status.PENDING: N_("Waiting for a moderator"),
        Status.APPROVED: N_("Approved"),
        Status.REJECTED: N_("Rejected"),
        Status.SPAM: N_("Marked as spam"),
        Status.WITHDRAWN: N_("Withdrawn by its writer"),
        Status.ERASED: N_("Erased"),
    }
)

THREAD_STATE: Mapping[ThreadState, str] = Messages(
    {
        ThreadState.OPEN: N_("open"),
        ThreadState.CLOSED: N_("closed"),
        ThreadState.HIDDEN: N_("hidden"),
    }
)

# Verdicts and, where a person has decided, statuses.
VERDICTS: Mapping[str, str] = Messages(
    {
        "approve": N_("Published"),
        "pending": N_("Waits for a person"),
        "reject": N_("Rejected"),
        "spam": N_("Spam"),
        "approved": N_("Published"),
        "rejected": N_("Rejected"),
    }
)

# From the narrowest to the widest: the form begins with the one that meets the fewest people.
BAN: Mapping[BanKind, str] = Messages(
    {
        BanKind.CHAIN: N_("The writer"),
        BanKind.ADDRESS: N_("The e-mail address"),
        BanKind.PREFIX: N_("The network, shared with others"),
    }
)
# How many days a ban can be set for on the desk.
BAN_DAYS: Mapping[str, str] = Messages(
    {"1": N_("a day"), "7": N_("a week"), "30": N_("30 days"), "365": N_("a year"), "": N_("until it is lifted")}
)

VERDICT: Mapping[str, str] = Messages(
    {"pending": N_("a person decides"), "reject": N_("rejects"), "spam": N_("marks as spam")}
)

DONE: Mapping[str, str] = Messages(
    {
        "approve": N_("Approved"),
        "reject": N_("Rejected"),
        "spam": N_("Marked as spam"),
        "pending": N_("Back to what waits"),
        "keep": N_("Seen and kept"),
        "undo": N_("Taken back"),
        "redact": N_("A passage was removed"),
        "rejudge": N_("Given back to the rules"),
        "edit": N_("Edited"),
        "withdraw": N_("Withdrawn"),
    }
)

# What may be done to all near copies of each other.
DECIDE_ALL: Mapping[str, str] = Messages(
    {"spam": N_("All spam"), "reject": N_("Reject all"), "approve": N_("Approve all")}
)

# What a rule looks for, said so that it accuses nobody where it could not be looked for.
NOT_CHECKED: Mapping[str, str] = Messages(
    {
        "unreachable_email": N_("whether the mailbox can be reached"),
        "disposable_email": N_("whether the mailbox is a throw-away one"),
        "outside_check": N_("what the site’s outside checks say"),
    }
)

PROOF: Mapping[ProofMethod, str] = Messages(
    {
        ProofMethod.LINK: N_("confirmed by the link in a mail"),
        ProofMethod.RECEIPT: N_("confirmed by an earlier receipt"),
        ProofMethod.LOGIN: N_("signed in on the site"),
    }
)


# What holds a comment beside the rules.
CAUSES: Mapping[str, str] = Messages(
    {
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
)


def rule_name(rule: str) -> str:
    """What a moderator calls the rule of a finding; what is no rule, such as a composite, goes by its own name."""
    if rule in CAUSES:
        return CAUSES[rule]
    known = BY_NAME.get(rule)
    return rule.replace("_", " ").capitalize() if known is None else _(known.title)


def is_rule(rule: str) -> bool:
    """Whether a finding is a rule's: not a composite's, nor what the service itself says."""
    return rule in BY_NAME


def not_checked(finding: FindingView) -> str:
    """ "Not checked: whether the mailbox can be reached", of a rule that could not run; empty for all else."""
    if not is_unchecked(finding):
        return ""
    what = NOT_CHECKED.get(finding.rule) or _("the rule “%(name)s”", name=rule_name(finding.rule))
    return _("Not checked: %(what)s", what=what)


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
    return in_field(finding.field)


def in_field(field: str | None) -> str:
    """As `place`, of a finding's field."""
    if field == "name":
        return " " + _("in the name")
    return " " + _("in the website") if field == "website" else ""


def ago(then: datetime, now: datetime) -> str:
    """ "12 minutes ago", as the page's script goes on saying it; less than a minute is "just now"."""
    passed = in_units(now - then, weeks=False)
    return _("just now") if passed is None else _in_unit(-passed[0], passed[1], direction=True)


def exact(at: datetime) -> str:
    """ "27 November 2026, 14:05 UTC", of a time in UTC."""
    return f"{day(at)}, {time_of_day(at)} UTC"


def hour(at: datetime) -> str:
    """ "27 November, 14:00"."""
    return f"{day_of_year(at)}, {time_of_day(at)}"


def hour_of(text: str) -> str:
    """`exact`, of a time as the API writes it."""
    return exact(datetime.fromisoformat(text))


def counted_in_part() -> str:
    return _("There are more comments than could be counted in a moment: these are at least so many.")


def total(found: int, noun: str = "", *, at_least: bool = False) -> str:
    """How many there are, where nobody counts further than `TOTAL_MOST`: "12 comments", "more than 10,000".

    `noun`: "comment" or nothing. `at_least`: nobody has counted further than this.
    """
    if at_least or found > TOTAL_MOST:
        most = number(min(found, TOTAL_MOST))
        return _("more than %(n)s comments", n=most) if noun else _("more than %(n)s", n=most)
    return ngettext("%(num)s comment", "%(num)s comments", found) if noun else number(found)


def weight(finding: FindingView) -> str:
    """What a finding does, beside its name; empty where the name says it all."""
    if finding.could_not_check:
        return _("could not be checked")
    if finding.observe:
        return _("only observed")
    if finding.verdict is not None:
        return VERDICT.get(finding.verdict, finding.verdict)
    if not finding.score:
        return ""
    score = ("+" if finding.score > 0 else "") + number(finding.score)
    return _("%(score)s, can only hold", score=score) if finding.doubtful else score


def language(item: QueueItem) -> str:
    """What it is written in, where that is known and not what the page says already."""
    if item.language is None or same(item.language, item.thread.language):
        return ""
    return language_name(item.language)


def language_name(tag: str) -> str:
    """A language by its name in the page's language; by its English one where that is not known."""
    try:
        known = Locale.parse(tag, sep="-").get_language_name(speaking())
    except (UnknownLocaleError, ValueError):
        known = None
    return known or name_of(tag)


def proof(author: WriterView) -> str:
    """How sure we are that this writer wrote what else stands under the pseudonym."""
    if not author.proof:
        return _("Not confirmed: anybody can type a name")
    said = PROOF[author.proof]
    return said[:1].upper() + said[1:]


def history(found: History) -> str:
    """ "12 approved, 1 rejected"; what is none is left out."""
    parts = [
        message
        for count, message in (
            (found.approved, _("%(n)s approved", n=number(found.approved))),
            (found.rejected, _("%(n)s rejected", n=number(found.rejected))),
            (found.spam, _("%(n)s spam", n=number(found.spam))),
            (found.pending, _("%(n)s waiting", n=number(found.pending))),
        )
        if count
    ]
    return ", ".join(parts) or _("Nothing before")


def form(facts: Mapping[str, Any]) -> list[str]:
    """What intake found out about the form, one sentence a fact; only what a moderator can use."""
    said: list[str] = []
    age = facts.get("form_age")
    if isinstance(age, (int, float)):
        said.append(_("The form was open for %(time)s.", time=_seconds(float(age))))
    token = facts.get("form_token")
    if token == "missing":
        said.append(_("Sent without our form, by a program or an old copy of the page."))
    elif token == "stale":
        said.append(_("The form had been open for more than a day."))
    elif token == "invalid":
        said.append(_("The form's seal was not ours."))
    if terms := facts.get("terms"):
        said.append(_("The terms were accepted, version %(version)s.", version=terms))
    if facts.get("honeypot_filled"):
        said.append(_("A field that people cannot see was filled in."))
    if facts.get("disposable_email"):
        said.append(_("The mailbox is a throw-away one."))
    if facts.get("unreachable_email"):
        said.append(_("The mailbox cannot be reached."))
    if facts.get("address_banned"):
        said.append(_("The address is banned. The rules pay no heed to it: anybody can type an address."))
    return said


def by(who: By, policy_version: str | None) -> str:
    """Who decided."""
    if who.kind is ActorKind.POLICY:
        rules = _("the rules (%(version)s)", version=policy_version) if policy_version else _("the rules")
        return _("%(rules)s, as %(name)s decided for copies", rules=rules, name=who.name) if who.name else rules
    if who.kind is ActorKind.AUTHOR:
        return _("its writer")
    if who.kind is ActorKind.SYSTEM:
        return _("the service")
    return who.name or (_("a program with a key") if who.kind is ActorKind.API_KEY else _("a moderator"))


def reason(code: str) -> str:
    """A refusal's reason as it stands on its button."""
    return label(code)


def decided(decision: DecisionView) -> str:
    """One line of what happened: "Approved", "Held for a moderator"."""
    if decision.by.kind is ActorKind.POLICY and decision.to_status is Status.PENDING:
        return _("Held for a moderator")
    return DONE.get(decision.action) or STATUS[decision.to_status]


def _seconds(seconds: float) -> str:
    """A length of time in its fitting unit: "40 seconds", "2 hours"."""
    if seconds < 120:
        return _in_unit(max(1, round(seconds)), "second")
    if seconds < 7200:
        return _in_unit(round(seconds / 60), "minute")
    return _in_unit(round(seconds / 3600), "hour")


def _in_unit(n: int, unit: str, *, direction: bool = False) -> str:
    """ "12 minutes"; with `direction` "12 minutes ago" for -12, whatever larger unit that would fill."""
    time = timedelta(seconds=n * SECONDS[unit])
    # With such a threshold no larger unit is taken than the smallest that may be.
    return str(format_timedelta(time, unit, threshold=1e9, add_direction=direction, locale=speaking()))  # type: ignore[arg-type]
