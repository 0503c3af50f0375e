"""Why the rules decided as they did, added up in a sentence from what the decision kept."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from models import Mode, Site
from service.desk import wording as words
from service.desk.types import DecisionView, FindingView, ThreadView
from service.localization import gettext as _
from service.localization import number
from service.moderation.listed import LANGUAGE
from service.moderation.near_copies import standing_decisions
from service.moderation.policies.limits import Limits, limits_of


@dataclass(frozen=True, slots=True)
class Explanation:
    """`sentence`: what was decided and why. `version`: the policy's number, 0 for the shipped one; None for one that
    cannot be had any more."""

    sentence: str
    version: int | None


def explained(session: Session, site: Site, thread: ThreadView, judgement: DecisionView) -> Explanation:
    """Why a policy's judgement came out as it did."""
    limits = limits_of(
        session,
        site,
        judgement.policy_version,
        section=thread.section,
        thread=thread.key,
        mode=judgement.facts.get("thread_mode"),
        language=judgement.facts.get(LANGUAGE),
    )
    sentence = why(judgement.action, judgement.score or 0.0, judgement.findings, limits)
    return Explanation(sentence, None if limits is None else limits.n)


def why(action: str, score: float, findings: Sequence[FindingView], limits: Limits | None) -> str:
    """One sentence, or two where a rule decides whatever the points are. `action`: approve, pending, reject or spam."""
    standing = next((found for found in findings if found.rule == standing_decisions.RULE), None)
    if standing is not None:
        return _standing(action, standing.message)
    hard = [found for found in findings if found.verdict == action and not found.observe]
    points = number(score)
    if hard:
        return f"{_hard(action, hard[0])} {_points_beside(points, limits)}".strip()
    if limits is None:
        return _bare(action, points)
    if action == "pending" and (limits.hold is None or score < limits.hold):
        return _by_mode(points, limits.mode)
    limit = limits.refuse if action in ("reject", "spam") else limits.hold
    return _bare(action, points) if limit is None else _summed(action, points, number(limit))


def _standing(action: str, message: str) -> str:
    if action == "approve":
        return _("Published: it is %(copy)s.", copy=message)
    if action == "spam":
        return _("Marked as spam: it is %(copy)s.", copy=message)
    return _("Rejected: it is %(copy)s.", copy=message)


def _hard(action: str, found: FindingView) -> str:
    rule = words.rule_name(found.rule)
    if action == "pending" and found.could_not_check:
        return _("Held: what the rule “%(rule)s” looks for could not be checked.", rule=rule)
    if action == "pending":
        return _("Held: the rule “%(rule)s” asks for a person, whatever the points.", rule=rule)
    if action == "spam":
        return _("Marked as spam: the rule “%(rule)s” does so, whatever the points.", rule=rule)
    return _("Rejected: the rule “%(rule)s” does so, whatever the points.", rule=rule)


def _points_beside(points: str, limits: Limits | None) -> str:
    if limits is None or limits.hold is None:
        return _("Its points add up to %(points)s.", points=points)
    limit = number(limits.hold)
    return _("Its points add up to %(points)s; held from %(limit)s.", points=points, limit=limit)


def _by_mode(points: str, mode: Mode) -> str:
    if mode is Mode.AUTOMATIC:
        return _("Held, although its points add up to %(points)s only.", points=points)
    if mode is Mode.MANUAL:
        return _("Held: a person decides everything here. Its points add up to %(points)s.", points=points)
    return _("Held: nothing is published here without a person. Its points add up to %(points)s.", points=points)


def _summed(action: str, points: str, limit: str) -> str:
    if action == "approve":
        return _("Published: its points add up to %(points)s; held from %(limit)s.", points=points, limit=limit)
    if action == "pending":
        return _("Held: its points add up to %(points)s; held from %(limit)s.", points=points, limit=limit)
    if action == "spam":
        return _("Marked as spam: its points add up to %(points)s; refused from %(limit)s.", points=points, limit=limit)
    return _("Rejected: its points add up to %(points)s; refused from %(limit)s.", points=points, limit=limit)


def _bare(action: str, points: str) -> str:
    if action == "approve":
        return _("Published: its points add up to %(points)s.", points=points)
    if action == "pending":
        return _("Held: its points add up to %(points)s.", points=points)
    if action == "spam":
        return _("Marked as spam: its points add up to %(points)s.", points=points)
    return _("Rejected: its points add up to %(points)s.", points=points)
