"""Writer chains: submissions proven to come from one writer. A submission is proven, never an address."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from models import AddressPurpose, AddressRecord, Comment, ProofMethod, Receipt, Status, Thread, WriterChain, new_id
from models.database.randomness import random_bytes
from service.privacy.addresses import address_of, find_owners, open_address, record_address
from service.privacy.sealing import Keyring

# Purposes of addresses that were confirmed by who has them.
_CONFIRMED = (AddressPurpose.CHAIN, AddressPurpose.MAIL)


def chain_row(site_id: str, now: datetime) -> dict[str, Any]:
    """The columns of a new WriterChain, for a Core insert: what every unproven submission starts.

    Id and avatar seed are random. Anything drawn from an address could be compared by someone who types a guess.
    """
    return {
        "id": new_id(),
        "site_id": site_id,
        "avatar_seed": random_bytes(8).hex(),
        "merged_into": None,
        "created_at": now,
    }


def chain_of_receipt(session: Session, keyring: Keyring, *, site_id: str, receipt: str) -> str | None:
    """The chain that a submission joins by bringing an earlier receipt, or None where that proves nothing.

    It proves only if its comment is approved, of the same site, not disowned by the owner of the address that came
    with it, and the receipt was not revoked. The caller stores the new comment with this chain and
    `proven=ProofMethod.RECEIPT`, whatever address was typed.
    """
    chain_id = session.scalar(
        select(Comment.chain_id)
        .join(Receipt, Receipt.comment_id == Comment.id)
        .where(
            Receipt.lookup.in_(keyring.indexes("receipt", receipt)),
            Receipt.site_id == site_id,
            Receipt.revoked_at.is_(None),
            Comment.status == Status.APPROVED,
            Comment.disowned_at.is_(None),
        )
    )
    return None if chain_id is None else root_of(session, chain_id)


def prove_by_link(session: Session, keyring: Keyring, comment: Comment, now: datetime) -> str:
    """The owner of its address said that this very comment is theirs; returns the chain it now belongs to.

    Their chain has then proved the comment's exact address, and becomes one with the chains that had proved the
    same one. Where the address was erased meanwhile, the comment is proven and its chain stays alone. The caller
    holds a writing transaction and has checked the link, and that nobody has disowned the comment.
    """
    comment.proven = comment.proven or ProofMethod.LINK
    session.flush()
    own = _lock_roots(session, [comment.chain_id])[0]
    record = address_of(session, purpose=AddressPurpose.SUBMISSION, owner_id=comment.id)
    if record is not None:
        address = open_address(keyring, record)
        place = {"site_id": comment.site_id, "purpose": AddressPurpose.CHAIN, "address": address}
        known = find_owners(session, keyring, **place)  # type: ignore[arg-type]
        roots = _lock_roots(session, [comment.chain_id, *known])
        # The oldest stays: ids are time-ordered, and its face has been seen longest.
        own = min(roots)
        for other in roots:
            if other != own:
                _merge(session, other, own)
        if not known:
            record_address(session, keyring, owner_id=own, now=now, **place)  # type: ignore[arg-type]
    _renew(session, [comment.chain_id])
    return own


def allow_mail(session: Session, keyring: Keyring, comment: Comment, now: datetime) -> None:
    """The owner of its address said that mail of this comment's writer may come there; whose the comment is, a receipt
    or a login has proven before.

    No chain becomes one with another by that: who mistypes an address loses their name to nobody, and nobody answers
    for what they were not shown. The caller holds a writing transaction and has checked the link.
    """
    record = address_of(session, purpose=AddressPurpose.SUBMISSION, owner_id=comment.id)
    if record is None:
        return
    root, address = _lock_roots(session, [comment.chain_id])[0], open_address(keyring, record)
    if not takes_mail(session, keyring, comment, address):
        record_address(
            session,
            keyring,
            site_id=comment.site_id,
            purpose=AddressPurpose.MAIL,
            owner_id=root,
            address=address,
            now=now,
        )


def has_proved(session: Session, keyring: Keyring, comment: Comment, address: str) -> bool:
    """Whether the comment's writer has proved this very address, and not only whose receipt they hold."""
    return _confirmed(session, keyring, comment, address, [AddressPurpose.CHAIN])


def takes_mail(session: Session, keyring: Keyring, comment: Comment, address: str) -> bool:
    """Whether mail for the comment's writer may go to this very address; not what only they may read: `has_proved`."""
    return _confirmed(session, keyring, comment, address, _CONFIRMED)


def _confirmed(
    session: Session, keyring: Keyring, comment: Comment, address: str, purposes: Sequence[AddressPurpose]
) -> bool:
    known = [
        owner
        for purpose in purposes
        for owner in find_owners(session, keyring, site_id=comment.site_id, purpose=purpose, address=address)
    ]
    return root_of(session, comment.chain_id) in roots_of(session, known).values()


def address_takes_mail(indexes: Collection[bytes] | Select[bytes]) -> ColumnElement[bool]:
    """`takes_mail` of each selected Comment, as a condition: its address by exact indexes, or a select of them."""
    own, owner = aliased(WriterChain), aliased(WriterChain)
    return exists().where(
        AddressRecord.site_id == Comment.site_id,
        AddressRecord.purpose.in_(_CONFIRMED),
        AddressRecord.exact_index.in_(indexes),
        owner.id == AddressRecord.owner_id,
        own.id == Comment.chain_id,
        func.coalesce(owner.merged_into, owner.id) == func.coalesce(own.merged_into, own.id),
    )


def root_of(session: Session, chain_id: str) -> str:
    """The chain that this one was merged into, or itself."""
    return roots_of(session, [chain_id]).get(chain_id, chain_id)


def roots_of(session: Session, chain_ids: Collection[str]) -> dict[str, str]:
    """chain id -> the chain it was merged into, or itself."""
    rows = session.execute(select(WriterChain.id, WriterChain.merged_into).where(WriterChain.id.in_(set(chain_ids))))
    return {chain_id: merged_into or chain_id for chain_id, merged_into in rows}


def families(session: Session, chain_ids: Collection[str]) -> dict[str, frozenset[str]]:
    """chain id -> ids of all chains that are one with it, itself among them. Two queries, however many."""
    roots = roots_of(session, chain_ids)
    wanted = set(roots.values())
    members: dict[str, set[str]] = {root: {root} for root in wanted}
    merged = select(WriterChain.id, WriterChain.merged_into).where(WriterChain.merged_into.in_(wanted))
    for chain_id, root in session.execute(merged):
        members[root or chain_id].add(chain_id)
    return {chain_id: frozenset(members[roots[chain_id]]) for chain_id in roots}


def _lock_roots(session: Session, chain_ids: Collection[str]) -> list[str]:
    """The different roots of these chains, in id order, locked: two mergers must not make a circle."""
    while True:
        roots = sorted(set(roots_of(session, chain_ids).values()))
        locked = session.execute(
            select(WriterChain.id, WriterChain.merged_into)
            .where(WriterChain.id.in_(roots))
            .order_by(WriterChain.id)
            .with_for_update(key_share=True)
        ).all()
        if all(merged_into is None for _, merged_into in locked):
            return roots
        # Somebody merged one of them while we waited for the lock: look again.


def _merge(session: Session, loser: str, winner: str) -> None:
    seed = session.scalar(select(WriterChain.avatar_seed).where(WriterChain.id == winner))
    # Merged chains point at the root itself, so that a look-up never walks; they wear its face.
    gone = or_(WriterChain.id == loser, WriterChain.merged_into == loser)
    session.execute(update(WriterChain).where(gone).values(merged_into=winner, avatar_seed=seed))
    _renew(session, families(session, [loser])[loser] - {winner})


def _renew(session: Session, chain_ids: Collection[str]) -> None:
    """What the public sees of these chains (face, badge) changed: their threads get a new version."""
    seen = select(Comment.thread_id).where(Comment.chain_id.in_(set(chain_ids)), Comment.published_version.is_not(None))
    session.execute(
        update(Thread)
        .where(Thread.id.in_(seen))
        .values(
            version=Thread.version + 1,
            # Nothing moves: places that were right are right.
            placed_version=case((Thread.placed_version == Thread.version, Thread.version + 1)),
        )
        .execution_options(synchronize_session="fetch")
    )
