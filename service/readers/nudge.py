"""Before a comment is sent: what the site's rules would mark in it, shown to its writer, who may send it anyway.

Told are places, and nothing of rules, scores or verdicts. Marked are a few at most, of rules about tone alone, and each
network has a rate of its own: nobody reads a site's list out of this, or tries out how to get past it. Nothing is kept.
"""

import time
from functools import partial

from moderation_rules import Facts, Finding, Judge
from moderation_rules.values import Comment as Typed
from service.errors import NotFound, TooMany
from service.intake.receive import Caller, Intake
from service.intake.submission.raw import RawSubmission
from service.moderation.policies.tone_in_force import TONE, Tones
from service.readers.drafts import read_draft, site_asked
from service.readers.types import NudgeAnswer, Span
from service.settings import Rate

MOST_SPANS = 3
RATE = Rate(20, 3600.0)
# Seconds that the rules may take, and that a policy may still be in the making; without them nothing is marked.
PATIENCE = 0.25


class NudgeOff(NotFound):
    code, title = "nudge_off", "This site says nothing about comments before they are sent"


class NudgedTooOften(TooMany):
    code, title = "too_many_nudges", "That was asked very often in a short time"


def look(intake: Intake, tones: Tones, slug: str, raw: RawSubmission, caller: Caller) -> NudgeAnswer:
    """What would be marked in `body`. Raises UnknownSite, ForeignOrigin, NudgeOff, Invalid, NudgedTooOften,
    Unavailable."""
    site = site_asked(intake, slug, caller)
    if not site.settings.nudge:
        raise NudgeOff
    body = read_draft(intake, site, raw, caller, name="n", rate=RATE, often=NudgedTooOften)
    judge = tones.judge(site.id, PATIENCE)
    return NudgeAnswer(text=body, spans=[] if judge is None else marked(judge, body, site.settings.language))


def marked(judge: Judge, body: str, language: str | None) -> list[Span]:
    """The first places that rules about tone would mark, in order and without overlap."""
    late = partial(_is_late, time.monotonic() + PATIENCE)
    judgement = judge.judge(Typed(text=body, page_language=language), Facts(), late)
    spans: list[Span] = []
    for finding in sorted(
        filter(_is_about_tone, judgement.findings), key=lambda one: (one.start or 0, -(one.end or 0))
    ):
        start, end = finding.start or 0, finding.end or 0
        if end > start and (not spans or start >= spans[-1].end):
            spans.append(Span(start, end))
    return spans[:MOST_SPANS]


def _is_about_tone(finding: Finding) -> bool:
    seen = finding.rule in TONE and finding.field == "text" and not finding.observe and not finding.could_not_check
    return seen and finding.start is not None and (finding.score > 0 or finding.verdict is not None)


def _is_late(until: float) -> bool:
    return time.monotonic() > until
