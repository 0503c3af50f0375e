"""A passage that is cut out of a comment's text: readers see that something is missing, moderators see what."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from models import CommentVersion, Site, Status, new_id
from models.queries.comments import judgements_of
from service.accounts.actors import Actor, refuse_shut_out
from service.accounts.audit import audit
from service.database_errors import again_when_contended
from service.errors import Conflict, FieldError, Invalid, NotFound
from service.localization import language_for_readers, said_to_reader
from service.localization import noop as R_
from service.markup.characters import mended
from service.moderation.decisions import refuse_stale
from service.moderation.moves import Action, Cause, Move, Standing, carried, last_judgement, new_text, retold
from service.moderation.record import count_moves, send_hints, standings, write
from service.wiring import Services

# In the language of the site; in the text itself, since it stands in feeds and copies too.
REMOVED = R_("[personal data removed by the editors]")


class NotJudgedYet(Conflict):
    """The rules are at it: what they find has to be about the text that stands."""

    code, title = "not_judged", "The rules have not seen this text yet"


class EditWaits(Conflict):
    """What waits would be pushed aside by a new version of what is up."""

    code, title = "edit_waits", "An edit of this comment waits"


@dataclass(frozen=True, slots=True)
class Redacted:
    """The version that stands in place of the one that was cut, and the decision by which this can be undone."""

    comment_id: str
    decision_id: str
    version: int
    revision: int
    status: Status


def removed_words(site: Site) -> str:
    """What stands in place of a passage, in the site's language where we know it, else in English."""
    return said_to_reader(language_for_readers(*site.settings.languages_of_readers()), REMOVED)


def find_passage(text: str, typed: str) -> tuple[int, int]:
    """Where the passage stands, in code points. Raises Invalid unless it stands there once."""
    passage = mended(typed).strip("\n")
    wrong = ""
    if not passage.strip():
        wrong = "Select the passage, or write it down as it stands."
    elif (count := text.count(passage)) != 1:
        wrong = (
            f"It stands there {count} times: write more of what is around it." if count else "It does not stand there."
        )
    if wrong:
        raise Invalid(errors=[FieldError("passage", "unknown_value", wrong)])
    start = text.index(passage)
    return start, start + len(passage)


@again_when_contended
def redact(
    services: Services,
    actor: Actor,
    comment_id: str,
    *,
    version: int,
    start: int,
    end: int,
    expected_revision: int,
) -> Redacted:
    """Puts a new version without the passage in place of `version`, which is the current one or the one that is up.

    `start`, `end`: code points of that version's text, half-open. A person has read it, so the new version stands as
    the old one stood and is not judged again; what the rules found outside of the passage goes with it. What its writer
    makes of it later goes to a person. Raises NotFound, Forbidden, Invalid, CommentGone, AlreadyDecided, NotJudgedYet,
    EditWaits.
    """
    now = services.clock.now()
    with services.write() as session:
        standing = standings(session, [comment_id], lock=True).get(comment_id)
        if standing is None:
            raise NotFound("There is no such comment.")
        actor.require("moderator", standing.site_id)
        refuse_stale(session, standing, expected_revision)
        base = _version(session, standing, version)
        if not 0 <= start < end <= len(base.text) or not base.text[start:end].strip():
            raise Invalid(errors=[FieldError("end", "out_of_range", "Select something of the text.")])
        words = removed_words(session.get_one(Site, standing.site_id))
        # What is bracketed and followed by an address in brackets would be a link to it.
        words += " " if base.text[end : end + 1] in ("(", "[", ":") else ""
        text = new_text(base.text[:start] + words + base.text[end:], redacts=version)
        judged = last_judgement(session.scalars(judgements_of([comment_id])), version)
        cause = carried(Cause(Action.REDACT, actor.kind, actor.id), judged, (start, end, len(words)))
        move = Move(new_id(), standing, retold(standing, version, base.status), cause, text=text)
        written = write(session, [move], now=now, mails=False, held=True)
        refuse_shut_out(session, actor, now)
        audit(
            session,
            actor,
            "comment.redact",
            target=comment_id,
            site_id=standing.site_id,
            # Where, and not what: the trail outlives the text.
            details={"decision": move.decision_id, "version": version, "start": start, "end": end},
            now=now,
        )
    send_hints(services.redis, written, mails=False)
    count_moves([move], now)
    return Redacted(comment_id, move.decision_id, move.after.version_n, move.revision, move.after.status)


def _version(session: Session, standing: Standing, n: int) -> CommentVersion:
    if standing.status is Status.RECEIVED:
        raise NotJudgedYet("Try again in a moment.")
    if n not in (standing.current_version, standing.published_version):
        raise Invalid(errors=[FieldError("version", "unknown_value", "This text is neither up nor the newest one.")])
    if standing.edit and n != standing.current_version:
        raise EditWaits("Decide the edit first.")
    return session.get_one(CommentVersion, (standing.id, n))
