"""A reader's vote for a published comment: one for each form's token, at most five counted from one network.

A vote is a row at once and a number in the documents within ten seconds (`service.moderation.outbox.vote_counts`), so
that ten thousand votes on one thread build its documents anew once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from models import Comment, Thread, ThreadState, Vote
from models.database.ids import is_id
from models.readers.vote import UNCOUNTED, VALUES
from service.database_errors import again_when_contended
from service.errors import Conflict, FieldError, Invalid, TooMany
from service.intake.cors import check_origin
from service.intake.receive import Caller, Intake
from service.intake.submission.form_tokens import VOTE_AFTER, FormToken, read_token
from service.privacy.prefixes import prefix_hashes
from service.privacy.voters import networks_of, voters_of
from service.publishing.thread_rows import CommentUnknown
from service.settings import Rate
from service.wiring import Services

# Counted votes for one comment from one network: a household or an office, not the street.
MOST_OF_NETWORK = 5
# Votes that a network may cast for each comment that it may send.
PER_COMMENT = 10

_TYPED = {"1": 1, "0": 0, "-1": -1}
# The first of the two numbers that PostgreSQL's advisory locks of votes have.
_LOCK = 0x766F7465


class VotesOff(Conflict):
    code, title = "votes_off", "There are no votes here"


class VotedTooOften(TooMany):
    code, title = "too_many_votes", "That was a lot of votes in a short time"


@dataclass(frozen=True, slots=True)
class Ballot:
    """One vote as it came in. Hashes are under every key of the ring, the one that a new row keeps first.

    `changes_only`: its token is too old for a new vote.
    """

    comment_id: str
    value: int
    voters: Sequence[bytes] = field(repr=False)
    networks: Sequence[bytes] = field(repr=False)
    changes_only: bool = False


@dataclass(frozen=True, slots=True)
class Voted:
    """`votes`: all that there are now; `value`: what this reader's counts, which is 0 where the network has cast five
    others."""

    votes: int
    value: int


def vote(intake: Intake, slug: str, comment_id: str, values: Mapping[str, Any], caller: Caller) -> Voted:
    """Casts, changes or takes back a vote. `values`: `value` and `token`, as they came. The same again changes nothing.

    Raises UnknownSite, ForeignOrigin, VotesOff, Invalid, VotedTooOften, and CommentUnknown for whatever is not a
    published comment of this site.
    """
    services = intake.services
    now, keyring = services.clock.now(), services.keyring
    site = intake.sites.at_once(slug) or intake.sites.read(slug)
    check_origin(caller.origin, [*site.origins, *caller.own_origins])
    kinds, settings = VALUES[site.settings.votes], site.settings
    if not kinds:
        raise VotesOff("This site takes no votes.")
    token = values.get("token")
    read = read_token(
        keyring, site.id, token if isinstance(token, str) else None, now, max_age=settings.form_token_max_age
    )
    value = _checked(values.get("value"), kinds, read)
    prefixes = [] if caller.ip is None else prefix_hashes(keyring, caller.ip, now)
    _take_from_limit(intake, prefixes, services.settings.submit_limit, site.id)
    if not is_id(comment_id):
        raise CommentUnknown
    assert read.nonce is not None
    ballot = Ballot(
        comment_id,
        value,
        voters_of(keyring, comment_id, read.nonce),
        networks_of(keyring, comment_id, prefixes),
        changes_only=read.state == "stale",
    )
    return _store(services, site.id, ballot, now)


def _checked(typed: object, kinds: Sequence[int], token: FormToken) -> int:
    """The value. Raises Invalid, also for a token that is none or too new."""
    errors = []
    value = _TYPED.get(typed) if isinstance(typed, str) else typed if type(typed) is int else None
    if value is None or value not in _TYPED.values():
        errors.append(FieldError("value", "unknown_value", "A vote is 1, 0 or -1."))
    elif value not in kinds:
        errors.append(FieldError("value", "not_offered", "This site takes no votes against comments."))
    headers = {}
    if token.age is None:
        errors.append(FieldError("token", token.state, "Load the page again, then vote."))
    elif token.age < VOTE_AFTER:
        left = int(VOTE_AFTER - token.age) + 1
        headers["Retry-After"] = str(left)
        errors.append(FieldError("token", "too_new", f"You have just come. Vote again in {left} seconds."))
    if errors or value is None:
        raise Invalid(errors=errors, headers=headers)
    return value


def _take_from_limit(intake: Intake, prefixes: Sequence[bytes], rate: Rate | None, site_id: str) -> None:
    if rate is None:
        return
    who = prefixes[0] if prefixes else b"unknown"
    wait = intake.limiter.take([(f"v:{who.hex()}", Rate(rate.count * PER_COMMENT, rate.period))], tag=site_id)
    if wait is not None:
        raise VotedTooOften("Please wait a little before the next one.", retry_after=int(wait) + 1)


@again_when_contended
def _store(services: Services, site_id: str, ballot: Ballot, now: datetime) -> Voted:
    with services.write() as session:
        if not services.settings.sqlite:
            _lock(session, ballot)
        published = (
            select(Comment.id)
            .join(Thread, Thread.id == Comment.thread_id)
            .where(
                Comment.id == ballot.comment_id,
                Comment.site_id == site_id,
                Comment.published_version.is_not(None),
                Thread.state != ThreadState.HIDDEN,
            )
        )
        if session.scalar(published) is None:
            raise CommentUnknown
        value = _put(session, ballot, now)
        session.flush()
        # In one statement: what is counted meanwhile is in one of the two, and not in both.
        uncounted = select(func.sum(Vote.value - Vote.counted)).where(
            Vote.comment_id == ballot.comment_id, text(UNCOUNTED)
        )
        votes = session.scalar(
            select(Comment.votes + func.coalesce(uncounted.scalar_subquery(), 0)).where(Comment.id == ballot.comment_id)
        )
    return Voted(int(votes or 0), value)


def _lock(session: Session, ballot: Ballot) -> None:
    """Lets nobody else of this network, and nobody else with this token, vote for this comment until the commit.

    By every name that they have, since names change with the period and with the secrets; in one order, or two would
    wait for each other in a ring. SQLite has one writer anyway.
    """
    names = {int.from_bytes(name[:4], "big", signed=True) for name in (*ballot.voters, *ballot.networks)}
    session.execute(select(*(func.pg_advisory_xact_lock(_LOCK, number) for number in sorted(names))))


def _put(session: Session, ballot: Ballot, now: datetime) -> int:
    """Keeps the vote; what counts of it."""
    own = session.scalar(
        select(Vote)
        .where(Vote.comment_id == ballot.comment_id, Vote.voter.in_(ballot.voters))
        .limit(1)
        # The worker may be counting it.
        .with_for_update(key_share=True)
    )
    standing = 0 if own is None else own.value
    if ballot.value == standing:
        return standing
    if not standing:
        if own is None and ballot.changes_only:
            words = "This page has been open for too long. Load it again, then vote."
            raise Invalid(errors=[FieldError("token", "stale", words)])
        if _of_network(session, ballot) >= MOST_OF_NETWORK:
            return 0
    if own is None:
        own = Vote(comment_id=ballot.comment_id, voter=ballot.voters[0], counted=0)
        session.add(own)
    if not standing:
        own.network = ballot.networks[0]
    own.value, own.changed_at = ballot.value, now
    if not own.value and not own.counted:
        session.delete(own)
    return ballot.value


def _of_network(session: Session, ballot: Ballot) -> int:
    """How many votes of the reader's network for this comment there are."""
    counted = select(func.count()).where(
        Vote.comment_id == ballot.comment_id, Vote.network.in_(ballot.networks), Vote.value != 0
    )
    return session.scalar(counted) or 0
