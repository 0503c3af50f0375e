"""Bans: by address, by writer chain, by IP prefix. What is banned is a fact for the rules: a banned writer is
refused, what comes from a banned network is held. It never tells the writer anything.

A typed address is a guess that anybody can make, so a ban of an address changes nothing for comments that are not
proven: neither fact nor finding nor order depends on it, for whoever looks. It refuses the writers that have proved an
address of its form, and administrators see which comments it meets.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, or_, select, update
from sqlalchemy.orm import Session, aliased

from models import AddressPurpose, AddressRecord, Ban, BanKind, Comment, new_id
from models.database.prepared import Prepared
from service.privacy.addresses import address_of, indexes_of_exact, open_address, record_address
from service.privacy.chains import families
from service.privacy.sealing import Keyring, SealBroken

# For intake, which reads other things together with them; of a site, at a time.
PREFIX_BANS = Prepared(
    select(Ban.prefix_hash, Ban.id)
    .where(
        Ban.site_id == bindparam("site"),
        Ban.prefix_hash.in_(bindparam("hashes", expanding=True)),
        Ban.lifted_at.is_(None),
        or_(Ban.expires_at.is_(None), Ban.expires_at > bindparam("now")),
    )
    .order_by(Ban.id)
)
# The keys of IP prefixes change: a longer ban would only look as if it still held.
LONGEST_PREFIX_BAN = timedelta(days=30)


def ban_address(
    session: Session,
    keyring: Keyring,
    *,
    site_id: str,
    address: str,
    now: datetime,
    chain_id: str | None = None,
    reason: str = "",
    created_by: str | None = None,
    expires_at: datetime | None = None,
) -> Ban:
    """Bans the chain it is set on, if one is named, and once that one has proved the address, whoever proves another
    one of its ban form.

    It never bans another proven chain, whoever types the address: nobody can ban a rival by posting in his name.
    Raises NotAnAddress.
    """
    ban = _add(session, BanKind.ADDRESS, site_id, now, reason, created_by, expires_at)
    ban.chain_id = chain_id
    purpose = AddressPurpose.BAN
    record_address(session, keyring, site_id=site_id, purpose=purpose, owner_id=ban.id, address=address, now=now)
    return ban


def ban_address_of(
    session: Session,
    keyring: Keyring,
    comment: Comment,
    *,
    now: datetime,
    reason: str = "",
    created_by: str | None = None,
    expires_at: datetime | None = None,
) -> Ban:
    """`ban_address` for a comment's address and chain; the address passes through memory only, to be sealed anew.

    Raises LookupError when the address was erased: then only the chain can be banned.
    """
    record = address_of(session, purpose=AddressPurpose.SUBMISSION, owner_id=comment.id)
    if record is None:
        raise LookupError("the comment's address was erased")
    return ban_address(
        session,
        keyring,
        site_id=comment.site_id,
        address=open_address(keyring, record),
        now=now,
        chain_id=comment.chain_id,
        reason=reason,
        created_by=created_by,
        expires_at=expires_at,
    )


def ban_chain(
    session: Session,
    *,
    site_id: str,
    chain_id: str,
    now: datetime,
    reason: str = "",
    created_by: str | None = None,
    expires_at: datetime | None = None,
) -> Ban:
    """Bans the writer chain, and chains it becomes one with."""
    ban = _add(session, BanKind.CHAIN, site_id, now, reason, created_by, expires_at)
    ban.chain_id = chain_id
    return ban


def ban_prefix(
    session: Session,
    *,
    site_id: str,
    prefix_hash: bytes,
    now: datetime,
    reason: str = "",
    created_by: str | None = None,
    expires_at: datetime | None = None,
) -> Ban:
    """Holds unproven posts from a network (a comment's `prefix_hash`), for 30 days at most.

    Many people share a prefix, so what is proven to come from a known writer passes.
    """
    latest = now + LONGEST_PREFIX_BAN
    until = latest if expires_at is None else min(expires_at, latest)
    ban = _add(session, BanKind.PREFIX, site_id, now, reason, created_by, until)
    ban.prefix_hash = prefix_hash
    return ban


def lift_ban(session: Session, *, ban_id: str, site_id: str, now: datetime, of_addresses: bool = True) -> bool:
    """Ends a ban of this site; whether there was one in force. What it held stays where it is, for a person.

    `of_addresses`: whether it may be one of an address.
    """
    kinds = [kind for kind in BanKind if of_addresses or kind is not BanKind.ADDRESS]
    lifted = session.execute(
        update(Ban)
        .where(Ban.id == ban_id, Ban.site_id == site_id, Ban.kind.in_(kinds), _in_force(now))
        .values(lifted_at=now)
        .returning(Ban.id)
        .execution_options(synchronize_session="fetch")
    )
    return lifted.first() is not None


def by_prefix(rows: Iterable[Sequence[Any]]) -> dict[bytes, list[str]]:
    """What PREFIX_BANS finds: prefix hash -> ids of the bans in force that meet it, of those hashes that any does.

    Intake keeps them with the comment as a fact (`intake_facts["bans"]`), since only there the network is known under
    its older keys. `banned` decides later what they mean: the submission may still be proven.
    """
    found: dict[bytes, list[str]] = {}
    for prefix_hash, ban_id in rows:
        found.setdefault(bytes(prefix_hash), []).append(ban_id)
    return found


def address_bans_of(session: Session, keyring: Keyring, comment: Comment, now: datetime) -> list[str]:
    """Ids of the bans in force of the address that was typed with the comment, by every key of the ring.

    For administrators' eyes only: whoever sees it can type a guess and look. The address passes through memory.
    """
    any_ban = select(Ban.id).where(Ban.site_id == comment.site_id, Ban.kind == BanKind.ADDRESS, _in_force(now)).limit(1)
    record = address_of(session, purpose=AddressPurpose.SUBMISSION, owner_id=comment.id)
    if record is None or session.scalar(any_ban) is None:
        return []
    try:
        exact = open_address(keyring, record)
    except SealBroken:
        return []
    by_address = select(AddressRecord.owner_id).where(
        AddressRecord.site_id == comment.site_id,
        AddressRecord.purpose == AddressPurpose.BAN,
        AddressRecord.ban_index.in_(indexes_of_exact(keyring, site_id=comment.site_id, exact=exact, by="ban")),
    )
    met = (Ban.site_id == comment.site_id, Ban.id.in_(by_address), _in_force(now))
    return list(session.scalars(select(Ban.id).where(*met).order_by(Ban.id)))


def banned(session: Session, comments: Collection[Comment], now: datetime) -> dict[str, frozenset[BanKind]]:
    """comment id -> what stops it: its writer (CHAIN), its network (PREFIX). Comments that nothing stops are left out.

    A writer is banned by name of a chain that is one with theirs, or by having proved an address of a banned form:
    the two look alike. Opens no address. A few queries for a batch of one site or of many.
    """
    found: dict[str, set[BanKind]] = {comment.id: set() for comment in comments}
    related = families(session, {comment.chain_id for comment in comments})
    _by_chain(session, comments, related, now, found)
    proven = [comment for comment in comments if comment.proven is not None]
    if proven:
        _by_proved_address(session, proven, related, now, found)
    unproven = [comment for comment in comments if comment.proven is None]
    if unproven:
        _by_fact(session, unproven, now, found)
        _by_prefix(session, unproven, now, found)
    return {comment_id: frozenset(kinds) for comment_id, kinds in found.items() if kinds}


_Families = Mapping[str, frozenset[str]]


def _by_chain(
    session: Session, comments: Collection[Comment], related: _Families, now: datetime, found: dict[str, set[BanKind]]
) -> None:
    everyone = frozenset[str]().union(*related.values())
    held = set(session.scalars(select(Ban.chain_id).where(Ban.chain_id.in_(everyone), _in_force(now))))
    for comment in comments:
        if held & related.get(comment.chain_id, frozenset()):
            found[comment.id].add(BanKind.CHAIN)


def _by_proved_address(
    session: Session, comments: Sequence[Comment], related: _Families, now: datetime, found: dict[str, set[BanKind]]
) -> None:
    """By an address that the writer has proved, never by one that was typed with this comment."""
    everyone = frozenset[str]().union(*(related.get(comment.chain_id, frozenset()) for comment in comments))
    theirs, ban_record = aliased(AddressRecord), aliased(AddressRecord)
    same = and_(
        ban_record.site_id == theirs.site_id,
        ban_record.purpose == AddressPurpose.BAN,
        ban_record.ban_index == theirs.ban_index,
    )
    met = session.execute(
        select(theirs.owner_id, Ban.chain_id, ban_record.exact_index)
        .join(ban_record, same)
        .join(Ban, Ban.id == ban_record.owner_id)
        .where(
            theirs.owner_id.in_(everyone),
            theirs.purpose == AddressPurpose.CHAIN,
            Ban.chain_id.is_not(None),
            _in_force(now),
        )
    ).all()
    if not met:
        return
    # A ban beside a comment whose writer never showed that the address is theirs says nothing of its owner.
    culprits = families(session, {chain_id for _, chain_id, _ in met if chain_id is not None})
    suspects = frozenset[str]().union(*culprits.values())
    records = session.execute(
        select(AddressRecord.owner_id, AddressRecord.exact_index).where(
            AddressRecord.owner_id.in_(suspects), AddressRecord.purpose == AddressPurpose.CHAIN
        )
    )
    proved = {(owner, exact) for owner, exact in records}
    held = {
        owner
        for owner, chain_id, exact in met
        if any((member, exact) in proved for member in culprits.get(chain_id or "", ()))
    }
    for comment in comments:
        if held & related.get(comment.chain_id, frozenset()):
            found[comment.id].add(BanKind.CHAIN)


def _by_fact(session: Session, comments: Sequence[Comment], now: datetime, found: dict[str, set[BanKind]]) -> None:
    named = {comment.id: comment.intake_facts.get("bans", []) for comment in comments}
    wanted = {ban_id for ban_ids in named.values() for ban_id in ban_ids}
    if not wanted:
        return
    of_networks = select(Ban.id).where(Ban.id.in_(wanted), Ban.kind == BanKind.PREFIX, _in_force(now))
    in_force = set(session.scalars(of_networks))
    for comment_id, ban_ids in named.items():
        if in_force.intersection(ban_ids):
            found[comment_id].add(BanKind.PREFIX)


def _by_prefix(session: Session, comments: Sequence[Comment], now: datetime, found: dict[str, set[BanKind]]) -> None:
    wanted = {comment.prefix_hash for comment in comments if comment.prefix_hash is not None}
    rows = session.execute(select(Ban.site_id, Ban.prefix_hash).where(Ban.prefix_hash.in_(wanted), _in_force(now)))
    held = set(rows.all())
    for comment in comments:
        if (comment.site_id, comment.prefix_hash) in held:
            found[comment.id].add(BanKind.PREFIX)


def _in_force(now: datetime) -> ColumnElement[bool]:
    return and_(Ban.lifted_at.is_(None), or_(Ban.expires_at.is_(None), Ban.expires_at > now))


def _add(
    session: Session,
    kind: BanKind,
    site_id: str,
    now: datetime,
    reason: str,
    created_by: str | None,
    expires_at: datetime | None,
) -> Ban:
    ban = Ban(
        id=new_id(),
        site_id=site_id,
        kind=kind,
        reason=reason,
        created_by=created_by,
        created_at=now,
        expires_at=expires_at,
    )
    session.add(ban)
    return ban
