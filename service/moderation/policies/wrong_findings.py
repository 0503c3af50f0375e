"""What people on the desk said of findings that are wrong where they stand: written down, listed, settled.

Whoever owns the policy finds them on its page, with an entry for the rule's allowed words drafted where the rule has
such words. Nothing changes before they put a new version in force.
"""

from msgspec import Struct
from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from models import Comment, CommentVersion, Decision, Site, Status, WrongFinding, new_id
from models.queries.comments import judgements_of
from models.queries.conditions import stretch
from service.accounts.actors import Actor, refuse_shut_out
from service.accounts.audit import audit
from service.database_errors import again_when_contended
from service.errors import Conflict, NotFound
from service.moderation.policies.allowed_words import with_allowed
from service.wiring import Services

# Of one site that nobody has settled yet.
MOST_OPEN = 1_000


class AlreadySaid(Conflict):
    code, title = "already_said", "Somebody has said so already"


class TooManyOpen(Conflict):
    code, title = "too_many_open", "So many findings are said to be wrong and not settled"


class Disputed(Struct, frozen=True):
    """A finding as the caller names it: its rule and place in what was typed, none for one without a place."""

    rule: str
    field: str | None
    start: int | None
    end: int | None


@again_when_contended
def say_wrong(services: Services, actor: Actor, comment: Comment, finding: Disputed, note: str = "") -> WrongFinding:
    """Writes down that the finding is wrong here.

    Raises NotFound for what the last judgement of the text has not found, AlreadySaid, TooManyOpen.
    """
    now = services.clock.now()
    with services.write() as session:
        judgement = _judgement(session, comment)
        if judgement is None or not any(_is(found, finding) for found in judgement.findings):
            raise NotFound("There is no such finding in its text as it is now.")
        # The row of the comment orders two who say it at once.
        session.refresh(session.get_one(Comment, comment.id), with_for_update={"key_share": True})
        said = session.scalars(said_of(comment.id))
        if any(
            (row.version_n, row.rule, row.field, row.start, row.end)
            == (judgement.version_n, finding.rule, finding.field, finding.start, finding.end)
            for row in said
        ):
            raise AlreadySaid("It stands on the policy's page.")
        waiting = select(WrongFinding.id).where(
            WrongFinding.site_id == comment.site_id, WrongFinding.settled_at.is_(None)
        )
        if len(session.scalars(waiting.limit(MOST_OPEN)).all()) >= MOST_OPEN:
            raise TooManyOpen("Settle some of them on the policy's page first.")
        made = WrongFinding(
            id=new_id(),
            site_id=comment.site_id,
            comment_id=comment.id,
            version_n=judgement.version_n,
            rule=finding.rule,
            field=finding.field,
            start=finding.start,
            end=finding.end,
            policy_version=judgement.policy_version,
            note=note,
            actor_kind=actor.kind,
            actor_id=actor.id,
            created_at=now,
        )
        session.add(made)
        details = {"finding": made.id, "rule": finding.rule, "note": note}
        refuse_shut_out(session, actor, now)
        audit(session, actor, "finding.wrong", target=comment.id, site_id=comment.site_id, details=details, now=now)
        session.flush()
        return made


def _judgement(session: Session, comment: Comment) -> Decision | None:
    """The last judgement of the comment's current text."""
    found = list(session.scalars(judgements_of([comment.id])))
    return found[-1] if found and found[-1].version_n == comment.current_version else None


def _is(found: dict[str, object], wanted: Disputed) -> bool:
    place = (found.get("rule"), found.get("field"), found.get("start"), found.get("end"))
    # Of what could not be checked nobody can say that it was wrong.
    return place == (wanted.rule, wanted.field, wanted.start, wanted.end) and not found.get("could_not_check")


@again_when_contended
def settle(services: Services, actor: Actor, site: Site, finding_id: str) -> None:
    """Takes it off the list: something was done about it, or nothing will be. Raises NotFound."""
    now = services.clock.now()
    with services.write() as session:
        settled = session.execute(
            update(WrongFinding)
            .where(WrongFinding.id == finding_id, WrongFinding.site_id == site.id, WrongFinding.settled_at.is_(None))
            .values(settled_at=now, settled_by=actor.id)
            .returning(WrongFinding.comment_id)
        ).first()
        if settled is None:
            raise NotFound("There is no such finding on the list.")
        details = {"finding": finding_id}
        refuse_shut_out(session, actor, now)
        audit(session, actor, "finding.settle", target=settled[0], site_id=site.id, details=details, now=now)


def open_findings(site_id: str, before: str = "", limit: int = 50) -> Select[WrongFinding, Comment, CommentVersion]:
    """Those that nobody has settled, newest first, with the comment and the text they are about."""
    return (
        select(WrongFinding, Comment, CommentVersion)
        .join(Comment, Comment.id == WrongFinding.comment_id)
        .join(
            CommentVersion,
            (CommentVersion.comment_id == WrongFinding.comment_id) & (CommentVersion.n == WrongFinding.version_n),
        )
        .where(
            stretch(WrongFinding.site_id, site_id, WrongFinding.id, before=before), WrongFinding.settled_at.is_(None)
        )
        .order_by(WrongFinding.site_id.desc(), WrongFinding.id.desc())
        .limit(limit)
    )


def found_words(finding: WrongFinding, comment: Comment, version: CommentVersion) -> str:
    """The words that the rule marked, as they were typed; empty for a finding without a place, or of an erased text."""
    if finding.start is None or finding.end is None or comment.status is Status.ERASED:
        return ""
    typed = {"name": comment.name, "website": comment.website or ""}.get(finding.field or "", version.text)
    return typed[finding.start : finding.end]


def said_of(comment_id: str) -> Select[WrongFinding]:
    """What was said of a comment's findings and is not settled."""
    return (
        select(WrongFinding)
        .where(WrongFinding.comment_id == comment_id, WrongFinding.settled_at.is_(None))
        .order_by(WrongFinding.id)
    )


def draft_of(session: Session, site: Site, finding_id: str, yaml: str) -> str | None:
    """The policy's text with the words of the finding allowed; None where its rule has no words to allow, or the text
    has no place where they could be written without a person. Raises NotFound."""
    row = session.execute(
        select(WrongFinding, Comment, CommentVersion)
        .join(Comment, Comment.id == WrongFinding.comment_id)
        .join(
            CommentVersion,
            (CommentVersion.comment_id == WrongFinding.comment_id) & (CommentVersion.n == WrongFinding.version_n),
        )
        .where(WrongFinding.id == finding_id, WrongFinding.site_id == site.id)
    ).first()
    if row is None:
        raise NotFound("There is no such finding on the list.")
    finding, comment, version = row
    return with_allowed(yaml, finding.rule, found_words(finding, comment, version))
