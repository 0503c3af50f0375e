"""A checked submission as the rows it becomes; made in the request's own thread, so that the commit stays short."""

from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from models import AddressPurpose, ProofMethod, Site, Status, ThreadState, new_id
from moderation_rules import fingerprint, sketch
from service.intake.idempotency import Key
from service.intake.submission.fields import Submission
from service.markup import render
from service.moderation.moves import NewText
from service.moderation.record import version_row
from service.privacy.addresses import address_row
from service.privacy.chains import chain_row
from service.privacy.sealing import Keyring, new_keyed_token

RECEIPT = "receipt"


@dataclass(frozen=True, slots=True)
class Received:
    """What a writer gets for a comment. The receipt is a secret: it never goes into a log."""

    comment_id: str
    receipt: str = field(repr=False)


@dataclass(slots=True)
class Arrival:
    """One comment on its way into the database: a row a table, and who waits for the answer."""

    comment: dict[str, Any] = field(repr=False)
    version: dict[str, Any] = field(repr=False)
    address: dict[str, Any] = field(repr=False)
    receipt: dict[str, Any] = field(repr=False)
    chain: dict[str, Any] | None = field(repr=False)
    # None: the thread is there already.
    thread: dict[str, Any] | None = field(repr=False)
    key: dict[str, Any] | None = field(repr=False)
    key_expired: bool
    received: Received
    answer: "Future[None]" = field(default_factory=Future, repr=False)


def make_arrival(
    submission: Submission,
    keyring: Keyring,
    site: Site,
    *,
    thread_id: str | None,
    parent_id: str | None,
    chain_id: str | None,
    prefix_hash: bytes | None,
    facts: dict[str, Any],
    key: Key | None,
    key_expired: bool,
    now: datetime,
) -> Arrival:
    """Rows for a new comment under `parent_id`.

    `chain_id`: the one that an earlier receipt proved, or None for a new chain.
    """
    comment_id, receipt = new_id(), new_keyed_token()
    chain = None if chain_id is not None else chain_row(site.id, now)
    thread = None if thread_id is not None else _thread_row(submission, site, now)
    text = new_text(submission.body)
    key_id, lookup = keyring.index(RECEIPT, receipt)
    return Arrival(
        comment={
            "id": comment_id,
            "site_id": site.id,
            "thread_id": thread_id if thread is None else thread["id"],
            "parent_id": parent_id,
            "chain_id": chain_id if chain is None else chain["id"],
            "proven": None if chain_id is None else ProofMethod.RECEIPT,
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
            "prefix_hash": prefix_hash,
            "intake_facts": facts,
            "wants_confirm": submission.confirm,
            "wants_notify": submission.notify,
            "created_at": now,
            "sent_at": now,
            "solo_failures": 0,
            "priority": 0,
            "featured": False,
            "pinned": False,
            "votes": 0,
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
        chain=chain,
        thread=thread,
        key=None if key is None else _key_row(key, site.id, comment_id, now),
        key_expired=key_expired,
        received=Received(comment_id, receipt),
    )


def new_text(body: str) -> NewText:
    """A checked body as it is stored."""
    html, renderer = render(body)
    return NewText(text=body, html=html, renderer=renderer, fingerprint=fingerprint(body), sketch=sketch(body))


def _thread_row(submission: Submission, site: Site, now: datetime) -> dict[str, Any]:
    """What a reader's post says of the page is for moderators, until it is published or the newsroom speaks."""
    return {
        "id": new_id(),
        "site_id": site.id,
        "key": submission.thread,
        "url": submission.page_url,
        "title": submission.page_title,
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
