"""Logins of a site's own readers: its sealed keys, what is used up, and whose writer a subject is.

A subject is kept only as a keyed hash, under a key that is sealed anew when the service's secrets change, so that
neither their rotation nor that of the site's keys changes whose writer it is.
"""

import hmac
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import LoginKey, LoginUse, LoginWriter, WriterChain
from service.privacy.chains import chain_row, root_of
from service.privacy.links import kept_key
from service.privacy.sealing import INDEX_BYTES, Keyring

_KEY, _USE, _SUBJECT = "login-key", "login-use", "login-subject"


def seal_login_key(keyring: Keyring, *, site_id: str, row_id: str, text: str) -> dict[str, bytes | str]:
    """The columns of a LoginKey that are made under a secret."""
    return {"sealed": keyring.seal(_KEY, site_id, row_id, text), "key_id": keyring.newest}


def open_login_key(keyring: Keyring, key: LoginKey) -> str:
    """Only to check a login, or to seal it anew. Raises SealBroken."""
    return keyring.open(_KEY, key.site_id, key.id, key.sealed)


def login_keys_of(session: Session, site_id: str) -> Sequence[LoginKey]:
    """A site's keys, oldest first."""
    return session.scalars(select(LoginKey).where(LoginKey.site_id == site_id).order_by(LoginKey.id)).all()


def uses_of(keyring: Keyring, name: str) -> list[bytes]:
    """What a login is remembered by, under every key of the ring, the one of a new row first."""
    return keyring.indexes(_USE, name)


def used_among(connection: Connection, site_id: str, lookups: Collection[bytes]) -> set[bytes]:
    """Those of these that are used up."""
    if not lookups:
        return set()
    found = select(LoginUse.lookup).where(LoginUse.site_id == site_id, LoginUse.lookup.in_(lookups))
    return set(connection.scalars(found))


def forget_uses(session: Session, now: datetime) -> None:
    """Drops what has expired: it is refused for that."""
    session.execute(delete(LoginUse).where(LoginUse.expires_at < now))


def chain_of_subject(session: Session, keyring: Keyring, *, site_id: str, subject: str, now: datetime) -> str:
    """The writer chain of a site's reader, begun with their first login. Needs a writing transaction."""
    key = kept_key(session, keyring, _SUBJECT, now)
    name = hmac.digest(key.encode(), f"{site_id}|{subject}".encode("utf-8", "surrogatepass"), "sha256")[:INDEX_BYTES]
    known = session.get(LoginWriter, (site_id, name))
    if known is None:
        chain = WriterChain(**chain_row(site_id, now))
        made = LoginWriter(site_id=site_id, subject=name, chain_id=chain.id, created_at=now)
        try:
            with session.begin_nested():
                session.add(chain)
                session.flush()
                session.add(made)
            known = made
        except IntegrityError:
            # Two first comments at the same moment.
            known = session.get_one(LoginWriter, (site_id, name))
    return root_of(session, known.chain_id)
