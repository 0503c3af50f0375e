"""A checked submission as the rows it becomes; made in the request's own thread, so that the commit stays short."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from models import AddressPurpose, ProofMethod, Status, ThreadState, new_id
from service.intake.idempotency import Key
from service.intake.known_sites import KnownSite
from service.intake.rate_limits import Limits
from service.intake.submission.fields import Submission
from service.moderation.moves import new_text
from service.moderation.record import version_row
from service.privacy.addresses import address_row
from service.privacy.chains import chain_row
from service.privacy.receipts import RECEIPT
from service.privacy.sealing import Keyring, new_keyed_token


@dataclass(frozen=True, slots=True)
class Received:
    """What a writer gets for a comment. The receipt is a secret: it never goes into a log."""

    comment_id: str
    receipt: str = field(repr=False)


# What became of an arrival: its writer's answer, or why there is none.
Outcome = Received | Exception


@dataclass(slots=True)
class Arrival:
    """One comment on its way into the database: a row a table, and who waits for the answer."""

    site: KnownSite
    submission: Submission = field(repr=False)
    # Of its network, the one that its row keeps first; none where the network is unknown.
    prefix_hashes: list[bytes] = field(repr=False)
    limits: Limits = field(repr=False)
    key: Key | None = field(repr=False)
    comment: dict[str, Any] = field(repr=False)
    version: dict[str, Any] = field(repr=False)
    address: dict[str, Any] = field(repr=False)
    receipt: dict[str, Any] = field(repr=False)
    key_row: dict[str, Any] | None = field(repr=False)
    received: Received
    # Once it was looked up. None: the writer's chain, or the thread, is there already.
    chain: dict[str, Any] | None = field(default=None, repr=False)
    thread: dict[str, Any] | None = field(default=None, repr=False)
    key_expired: bool = False
    # Of a reader whom the site has signed in: their writer chain, and that this login is used up now.
    login_chain: str | None = field(default=None, repr=False)
    login_use: dict[str, Any] | None = field(default=None, repr=False)
    login_uses: Sequence[bytes] = field(default=(), repr=False)
    # Of the request that brought it, for logs and traces; "" where there was none.
    request_id: str = ""
    traceparent: str = ""
    outcome: Outcome | None = None
    # Who waits for it: a thread, or a coroutine.
    answer: "Future[Received] | asyncio.Future[Received] | None" = field(default=None, repr=False)

    def place(self, *, thread_id: str | None, parent_id: str | None, chain_id: str | None, bans: list[str]) -> None:
        """Says what the comment stands beside. `thread_id`: None for the first of a page; `chain_id`: the one that an
        earlier receipt proved, or None for a new one; `bans`: ids of those that meet its network, whatever they mean.
        """
        site_id, at = self.site.id, self.comment["created_at"]
        self.thread = None if thread_id is not None else _thread_row(self.submission, site_id, at)
        self.chain = None if chain_id is not None else chain_row(site_id, at)
        self.comment["thread_id"] = thread_id if self.thread is None else self.thread["id"]
        self.comment["parent_id"] = parent_id
        self.comment["chain_id"] = chain_id if self.chain is None else self.chain["id"]
        self.comment["proven"] = None if chain_id is None else ProofMethod.RECEIPT
        if self.login_chain is not None:
            self.comment["proven"] = ProofMethod.LOGIN
        if bans:
            self.comment["intake_facts"] = self.comment["intake_facts"] | {"bans": bans}

    def sign_in(self, chain_id: str, uses: Sequence[bytes], expires_at: datetime) -> None:
        """The comment is this chain's, by a login that is remembered until it expires: by the first of `uses`, which
        are its hashes under every key."""
        self.login_chain, self.login_uses = chain_id, uses
        self.login_use = {"site_id": self.site.id, "lookup": uses[0], "expires_at": expires_at}
        self.comment["badge"] = "verified"

    def wait_in_thread(self) -> Future[Received]:
        """The answer, for the thread that brings this."""
        answer: Future[Received] = Future()
        self.answer = answer
        return answer

    def wait_in_loop(self) -> "asyncio.Future[Received]":
        """The answer, for a coroutine of the running loop."""
        self.answer = answer = asyncio.get_running_loop().create_future()
        return answer

    def _settle(self) -> None:
        if self.answer is None or self.answer.done():
            return  # Nobody waits any more.
        if isinstance(self.outcome, Received):
            self.answer.set_result(self.outcome)
        else:
            self.answer.set_exception(self.outcome or RuntimeError("nothing became of this comment"))


def make_arrival(
    submission: Submission,
    keyring: Keyring,
    site: KnownSite,
    *,
    prefix_hashes: list[bytes],
    facts: dict[str, Any],
    key: Key | None,
    limits: Limits,
    now: datetime,
) -> Arrival:
    """Rows for a new comment, but for what it stands beside (`Arrival.place`)."""
    comment_id, receipt = new_id(), new_keyed_token()
    text = new_text(submission.body)
    key_id, lookup = keyring.index(RECEIPT, receipt)
    return Arrival(
        site=site,
        submission=submission,
        prefix_hashes=prefix_hashes,
        limits=limits,
        key=key,
        comment={
            "id": comment_id,
            "site_id": site.id,
            "status": Status.RECEIVED,
            "revision": 0,
            "name": submission.name,
            "website": submission.website,
            "current_version": 1,
            "was_published": False,
            "fingerprint": text.fingerprint,
            "sketch": text.sketch,
            "page_url": submission.page_url,
            "page_title": submission.page_title,
            "prefix_hash": prefix_hashes[0] if prefix_hashes else None,
            "intake_facts": facts,
            "wants_confirm": submission.confirm,
            "wants_notify": submission.notify,
            "wants_replies": submission.notify_replies,
            "created_at": now,
            "sent_at": now,
            "solo_failures": 0,
            "priority": 0,
            "nearness": 0,
            "featured": False,
            "pinned": False,
            "votes": 0,
            "badge": None,
        },
        version=version_row(comment_id, 1, text, now),
        address=address_row(
            keyring,
            site_id=site.id,
            purpose=AddressPurpose.SUBMISSION,
            owner_id=comment_id,
            address=submission.email.normal,
            now=now,
        ),
        receipt={
            "comment_id": comment_id,
            "site_id": site.id,
            "sealed": keyring.seal(RECEIPT, site.id, comment_id, receipt),
            "lookup": lookup,
            "key_id": key_id,
            "created_at": now,
        },
        key_row=None if key is None else _key_row(key, site.id, comment_id, now),
        received=Received(comment_id, receipt),
    )


def settle(arrivals: Sequence[Arrival]) -> None:
    """Answers all who wait; an event loop is woken once for all of its own."""
    loops: dict[asyncio.AbstractEventLoop, list[Arrival]] = {}
    for arrival in arrivals:
        if isinstance(arrival.answer, Future | None):
            arrival._settle()
        else:
            loops.setdefault(arrival.answer.get_loop(), []).append(arrival)
    for loop, theirs in loops.items():
        # A loop that has ended has nobody left who waits.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle_all, theirs)


def _settle_all(arrivals: Sequence[Arrival]) -> None:
    for arrival in arrivals:
        arrival._settle()


def _thread_row(submission: Submission, site_id: str, now: datetime) -> dict[str, Any]:
    """What a reader's post says of the page is for moderators, until it is published or the newsroom speaks."""
    return {
        "id": new_id(),
        "site_id": site_id,
        "key": submission.thread,
        "url": submission.page_url,
        "title": submission.page_title,
        # Its comments, which are all to come, will be listed with it.
        "listed_title": submission.page_title,
        "tags": [],
        "state": ThreadState.OPEN,
        "verified": False,
        "version": 0,
        "placed_version": 0,
        "published_count": 0,
        "created_at": now,
    }


def _key_row(key: Key, site_id: str, comment_id: str, now: datetime) -> dict[str, Any]:
    return {
        "site_id": site_id,
        "lookup": key.lookups[0],
        "digest": key.digests[0],
        "comment_id": comment_id,
        "created_at": now,
    }
