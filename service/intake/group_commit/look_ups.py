"""What the database knows about the comments of a group: a few queries for all of them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.orm import Session

from models import DEEPEST, Comment, Receipt, Thread, ThreadState
from models.database.prepared import Prepared, Values, found_together
from service.errors import Conflict, FieldError, Invalid, Refused
from service.intake.arrivals import Arrival, Received
from service.intake.idempotency import find_keys
from service.intake.submission.fields import UNKNOWN_PARENT
from service.intake.submission.hidden_addresses import holds_address
from service.intake.submission.logins import used
from service.localization import noop as N_
from service.moderation.places import Placed, find_placed
from service.privacy.bans import PREFIX_BANS, by_prefix
from service.privacy.chains import chain_of_receipt
from service.privacy.logins import used_among
from service.privacy.receipts import RECEIPT
from service.privacy.sealing import Keyring


class ThreadClosed(Conflict):
    code, title = "thread_closed", "This conversation is closed"


class ReceiptRevoked(Conflict):
    code, title = "receipt_revoked", "This comment's receipt was revoked"


_THREADS = Prepared(
    select(Thread.id, Thread.key, Thread.state).where(
        Thread.site_id == bindparam("site"), Thread.key.in_(bindparam("keys", expanding=True))
    )
)
# Visible, so that an approved comment with an edit under review can be answered too.
_PARENTS = Prepared(
    select(Comment.id, Comment.thread_id).where(
        Comment.site_id == bindparam("site"),
        Comment.id.in_(bindparam("ids", expanding=True)),
        Comment.published_version.is_not(None),
    )
)


def look_up(connection: Connection, keyring: Keyring, arrivals: Collection[Arrival], now: datetime) -> None:
    """Gives each arrival what it stands beside (thread, parent, chain, bans) or, where it goes no further, an outcome:
    the first answer to its key, or a refusal."""
    sites: defaultdict[str, list[Arrival]] = defaultdict(list)
    for arrival in arrivals:
        sites[arrival.site.id].append(arrival)
    for site_id, theirs in sites.items():
        first_answers(connection, keyring, site_id, theirs, now)
        _beside(connection, keyring, site_id, [arrival for arrival in theirs if arrival.outcome is None], now)


def first_answers(
    connection: Connection, keyring: Keyring, site_id: str, arrivals: Sequence[Arrival], now: datetime
) -> None:
    """An outcome for each whose key was used before: the first answer, KeyReused or ReceiptRevoked."""
    keyed = [arrival for arrival in arrivals if arrival.key is not None]
    if not keyed:
        return
    known = find_keys(connection, site_id, [arrival.key for arrival in keyed if arrival.key is not None], now)
    for arrival in keyed:
        assert arrival.key is not None
        earlier = arrival.key.newest_of(known)
        if earlier is None:
            continue
        if earlier.expired:
            arrival.key_expired = True
            continue
        try:
            arrival.key.refuse_other_body(earlier.digest)
            arrival.outcome = _first_answer(connection, keyring, site_id, earlier.comment_id)
        except Refused as refused:
            arrival.outcome = refused


def _first_answer(connection: Connection, keyring: Keyring, site_id: str, comment_id: str) -> Received:
    with Session(connection) as session:
        receipt = session.get_one(Receipt, comment_id)
    if receipt.revoked_at is not None:
        raise ReceiptRevoked("The comment arrived the first time.")
    return Received(comment_id, keyring.open(RECEIPT, site_id, comment_id, receipt.sealed))


def _beside(connection: Connection, keyring: Keyring, site_id: str, arrivals: Sequence[Arrival], now: datetime) -> None:
    if not arrivals:
        return
    site = {"site": site_id}
    keys = {arrival.submission.thread for arrival in arrivals}
    answered = {parent for arrival in arrivals if (parent := arrival.submission.parent_id) is not None}
    networks = {prefix for arrival in arrivals for prefix in arrival.prefix_hashes}
    asked: list[tuple[Prepared, Values]] = [
        (_THREADS, {**site, "keys": keys}),
        (PREFIX_BANS, {**site, "hashes": networks, "now": now}),
    ]
    if answered:
        asked.append((_PARENTS, {**site, "ids": answered}))
    found, banned, *parents_found = found_together(connection, asked)
    threads = {key: (id_, state) for id_, key, state in found}
    parents: dict[str, str] = dict(parents_found[0]) if answered else {}
    placed: dict[str, Placed] = find_placed(connection, list(parents)) if parents else {}
    bans = by_prefix(banned)
    uses = {use for arrival in arrivals for use in arrival.login_uses}
    used_up = used_among(connection, site_id, uses)
    for arrival in arrivals:
        try:
            if not used_up.isdisjoint(arrival.login_uses):
                raise used()
            thread_id = _thread_of(arrival, threads)
            parent_id = _parent_of(arrival, thread_id, parents, placed)
            chain_id = arrival.login_chain
            if chain_id is None and (earlier := arrival.submission.earlier_receipt) is not None:
                with Session(connection) as session:
                    chain_id = chain_of_receipt(session, keyring, site_id=site_id, receipt=earlier)
        except Refused as refused:
            arrival.outcome = refused
        else:
            met = sorted({ban_id for prefix in arrival.prefix_hashes for ban_id in bans.get(prefix, ())})
            arrival.place(thread_id=thread_id, parent_id=parent_id, chain_id=chain_id, bans=met)


def _thread_of(arrival: Arrival, threads: dict[str, tuple[str, ThreadState]]) -> str | None:
    """The thread's id, or None when this is its first comment. Raises ThreadClosed, Invalid for a key that a reader
    must not bring in."""
    key = arrival.submission.thread
    thread_id, state = threads.get(key, (None, ThreadState.OPEN))
    if state is not ThreadState.OPEN:
        raise ThreadClosed("It takes no further comments.")
    if thread_id is None and holds_address(key):
        # The newsroom may name its threads as it likes; a reader must not name one after somebody.
        words = N_("Comments cannot be sent here: the newsroom has to set up this conversation first.")
        why = "A new thread's key holds no e-mail address; the newsroom can make such a thread itself."
        raise Invalid(why, errors=[FieldError("thread", "looks_like_email", words)])
    return thread_id


def _parent_of(
    arrival: Arrival, thread_id: str | None, parents: dict[str, str], placed: dict[str, Placed]
) -> str | None:
    """What the comment will stand under: what it answers or, where that is as deep as replies can be kept, the comment
    above it that leaves the reply on the deepest level. Raises Invalid for an unknown one."""
    parent_id = arrival.submission.parent_id
    if parent_id is None:
        return None
    if thread_id is None or parents.get(parent_id) != thread_id:
        raise Invalid(errors=[FieldError("parent_id", *UNKNOWN_PARENT)])
    # Without a place, in a thread that was not read since places came, `DEEPEST` holds when the reply is published.
    parent = placed.get(parent_id)
    if parent is None or parent.depth < DEEPEST:
        return parent_id
    return parent.above[DEEPEST - 1]
