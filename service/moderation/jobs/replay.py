"""Past judgements read back: the text that was judged, the facts that were known then, and what people said later."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, BinaryIO

import msgspec
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from models import ActorKind, Comment, CommentVersion, Decision, Site, Status, Thread
from models.decision import PEOPLE
from models.queries.conditions import of_site
from moderation_rules import Comment as Typed
from moderation_rules import Facts, Judge
from service.moderation.listed import LANGUAGE
from service.moderation.moves import label_of
from service.moderation.policies.in_force import InForce, compile_in_force
from service.moderation.policies.site_policy import SitePolicy

# Found out for every comment, whatever the policy: where one of these is absent, it did not apply. Any other fact is
# looked up only where some rule asks for it.
ALWAYS_KNOWN = frozenset(
    {
        "approved_before",
        "rejected_before",
        "proven",
        "disowned",
        "honeypot_filled",
        "form_age",
        "form_token",
        "disposable_email",
        "banned",
        "writer_mark",
        "held_before",
        "repeated_text",
        "repeated_text_authors",
        "thread_state",
        "thread_age_days",
        "thread_mode",
        "staff_names",
    }
)
_FACTS = frozenset(Facts.__struct_fields__)


@dataclass(frozen=True, slots=True)
class PastJudgement:
    """The last judgement of a comment by a policy. `people`: what people decided on the same text since, or None."""

    comment_id: str
    created_at: datetime
    version_n: int
    revision: int
    action: str
    policy_version: str | None
    findings: list[dict[str, Any]]
    known: dict[str, Any]
    typed: Typed
    section: str | None
    thread: str
    people: str | None = None
    # A person's word on an earlier copy decided, and not the policy.
    by_standing_decision: bool = False

    @property
    def facts(self) -> Facts:
        return read_facts(self.known)


def read_facts(known: Mapping[str, Any]) -> Facts:
    """Facts as a decision stores them; what this release does not know any more is left out."""
    given = {name: value for name, value in known.items() if name in _FACTS}
    for name in ("staff_names", "outside"):
        if name in given:
            given[name] = tuple(tuple(part) if isinstance(part, list) else part for part in given[name])
    if "could_not" in given:
        given["could_not"] = frozenset(given["could_not"])
    return Facts(**given)


def past_judgements(session: Session, site: Site, comment_ids: Collection[str]) -> dict[str, PastJudgement]:
    """By id, for those of the comments that a policy has judged and whose text is still there."""
    if not comment_ids:
        return {}
    inner = aliased(Decision)
    newest = (
        select(func.max(inner.revision))
        .where(inner.comment_id == Comment.id, inner.actor_kind == ActorKind.POLICY)
        .correlate(Comment)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            Comment.id,
            Comment.created_at,
            Comment.name,
            Comment.website,
            Comment.page_url,
            Comment.page_title,
            Comment.thread_id,
            CommentVersion.text,
            *_DECIDED,
        )
        .select_from(Comment)
        .join(Decision, and_(Decision.comment_id == Comment.id, Decision.revision == newest))
        .join(CommentVersion, and_(CommentVersion.comment_id == Comment.id, CommentVersion.n == Decision.version_n))
        .where(of_site(Comment.site_id, site.id), Comment.id.in_(comment_ids), Comment.status != Status.ERASED)
    ).all()
    said = _people(session, [row.id for row in rows])
    threads = {
        thread.id: thread
        for thread in session.scalars(select(Thread).where(Thread.id.in_({row.thread_id for row in rows})))
    }
    return {row.id: _past(row, threads[row.thread_id], site.settings.language, said) for row in rows}


# Columns and not objects: a rehearsal reads thousands of them a second.
_DECIDED = (
    Decision.version_n,
    Decision.revision,
    Decision.action,
    Decision.policy_version,
    Decision.findings,
    Decision.facts,
    Decision.actor_id,
)


def _past(row: Any, thread: Thread, language: str | None, said: Mapping[tuple[str, int], str]) -> PastJudgement:
    return PastJudgement(
        comment_id=row.id,
        created_at=row.created_at,
        version_n=row.version_n,
        revision=row.revision,
        action=row.action,
        policy_version=row.policy_version,
        findings=row.findings,
        known=row.facts,
        typed=Typed(
            text=row.text,
            name=row.name,
            website=row.website,
            language=row.facts.get(LANGUAGE),
            page_title=thread.page_for(row.page_url, row.page_title)[1],
            page_language=thread.language or language,
        ),
        section=thread.section,
        thread=thread.key,
        people=said.get((row.id, row.version_n)),
        by_standing_decision=row.actor_id is not None,
    )


def judge_of(policy: SitePolicy, past: PastJudgement) -> Judge:
    """The judge that this policy has for the thread, under the preset that held then."""
    return policy.judge_for(section=past.section, thread=past.thread, mode=past.known.get("thread_mode"))


def judge_lines(request: Mapping[str, Any], stream: BinaryIO) -> None:
    """In a process of its own (`checking.converse`): each line is some past judgements, its answer what the policy in
    force says of each now, by comment. `request` has an `InForce`."""
    policy = compile_in_force(msgspec.json.decode(request["request"], type=InForce))
    for line in iter(stream.readline, b""):
        said = msgspec.json.decode(line, type=list[PastJudgement])
        verdicts = {past.comment_id: judge_of(policy, past).judge(past.typed, past.facts).verdict for past in said}
        stream.write(msgspec.json.encode(verdicts) + b"\n")
        stream.flush()


def missing(past: PastJudgement, new: Judge, old: Judge | None) -> frozenset[str]:
    """Facts that `new` asks for and nobody looked up then: without them a replay would only be a guess.

    What the old policy asked for as well and did not get, did not apply then and does not now.
    """
    asked = _needs(new) - ALWAYS_KNOWN - past.known.keys()
    return asked if old is None else asked - _needs(old)


@cache
def _needs_of(rules: tuple[frozenset[str], ...]) -> frozenset[str]:
    return frozenset[str]().union(*rules)


def _needs(judge: Judge) -> frozenset[str]:
    return _needs_of(tuple(rule.needs for rule in judge.rules))


def _people(session: Session, comment_ids: Collection[str]) -> dict[tuple[str, int], str]:
    """(comment, version) -> what people decided on it in the end. Decisions of jobs are not reading: nobody looked."""
    found: dict[tuple[str, int], str] = {}
    rows = session.execute(
        select(Decision.comment_id, Decision.version_n, Decision.action, Decision.to_status)
        .where(Decision.comment_id.in_(comment_ids), Decision.actor_kind.in_(PEOPLE), Decision.job_id.is_(None))
        .order_by(Decision.revision)
    )
    for comment_id, version_n, action, status in rows:
        label = label_of(action, status)
        if label is None:
            found.pop((comment_id, version_n), None)  # Held for later, or taken back.
        else:
            found[comment_id, version_n] = label
    return found
