"""The keys that a site signs its readers' logins with: two at a time, so that one can take the place of the other."""

import base64
import binascii
import json
import re
import secrets
from collections.abc import Sequence
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from models import LoginKey, Site, new_id
from service.accounts.actors import Actor, Parts, fresh_actor
from service.accounts.audit import audit
from service.errors import FieldError, Invalid, NotFound, phrase
from service.privacy.logins import login_keys_of, seal_login_key

ALGORITHMS = ("HS256", "RS256", "EdDSA")
MOST_KEYS = 2
SECRET_BYTES_LEAST, KEY_TEXT_MAX = 32, 10_000
RSA_BITS = (2048, 8192)
_KID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def new_login_secret() -> str:
    """A secret for HS256: 256 random bits as 43 characters."""
    return secrets.token_urlsafe(32)


def material_of(algorithm: str, kept: str) -> bytes | str:
    """What is kept of a key, as logins are checked with it."""
    return base64.urlsafe_b64decode(kept) if algorithm == "HS256" else kept


def add_login_key(
    parts: Parts, actor: Actor | None, *, site_id: str, algorithm: str, text: str, kid: str = ""
) -> LoginKey:
    """Keeps a key, sealed. `text`: a secret of 32 bytes or more, a public key as PEM, or either as JWK (RFC 7517).

    Raises Invalid, NotFound, and SignInNeeded, Forbidden for an actor who doesn't administer the site now.
    """
    now = parts.clock.now()
    kept = _kept(algorithm, text)
    kid = kid or new_id()[-8:].lower()
    if not _KID.fullmatch(kid):
        raise _invalid("kid", "invalid", phrase("A key's id has 1 to 64 of a-z, 0-9, full stop, _ and -."))
    with parts.write() as session:
        actor = fresh_actor(session, actor)
        # The row of the site orders two writers.
        site = session.get(Site, site_id, with_for_update={"key_share": True})
        if site is None:
            raise NotFound("There is no such site.")
        if actor is not None:
            actor.require("admin", site.id)
        known = login_keys_of(session, site_id)
        if any(key.kid == kid for key in known):
            raise _invalid("kid", "taken", phrase("The site has a key of this id."))
        if len(known) >= MOST_KEYS:
            raise _invalid(
                "kid", "too_many", phrase("A site has at most %(most)s keys: remove the old one first.", most=MOST_KEYS)
            )
        row_id = new_id()
        sealed = seal_login_key(parts.keyring, site_id=site_id, row_id=row_id, text=kept)
        made = LoginKey(id=row_id, site_id=site_id, kid=kid, algorithm=algorithm, created_at=now, **sealed)
        session.add(made)
        details = {"kid": kid, "algorithm": algorithm}
        audit(session, actor, "login_key.add", now=now, site_id=site_id, target=row_id, details=details)
    return made


def remove_login_key(parts: Parts, actor: Actor | None, *, site_id: str, kid: str) -> LoginKey:
    """Ends a key at once: what is signed with it is refused from the next request on. Raises as `add_login_key`."""
    now = parts.clock.now()
    with parts.write() as session:
        actor = fresh_actor(session, actor)
        site = session.get(Site, site_id, with_for_update={"key_share": True})
        found = None if site is None else next((key for key in login_keys_of(session, site_id) if key.kid == kid), None)
        if found is None:
            raise NotFound("There is no such key.")
        if actor is not None:
            actor.require("admin", site_id)
        session.delete(found)
        details = {"kid": kid, "algorithm": found.algorithm}
        audit(session, actor, "login_key.remove", now=now, site_id=site_id, target=found.id, details=details)
    return found


def _kept(algorithm: str, text: str) -> str:
    """The key as it is sealed: a secret's bytes in base64, a public key as PEM. Raises Invalid."""
    if algorithm not in ALGORITHMS:
        raise _invalid(
            "algorithm",
            "unknown_value",
            phrase("A login is signed with one of %(known)s.", known=", ".join(ALGORITHMS)),
        )
    text = text.strip()
    if len(text) > KEY_TEXT_MAX:
        raise _invalid("key", "too_long", phrase("This is no key."))
    jwk = _jwk(text)
    if algorithm == "HS256":
        return _secret(text, jwk)
    try:
        key: Any = load_pem_public_key(text.encode()) if jwk is None else jwt.PyJWK(jwk, algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        raise _invalid("key", "invalid", phrase("This is no public key, as PEM or JWK.")) from None
    if algorithm == "RS256" and not (isinstance(key, RSAPublicKey) and RSA_BITS[0] <= key.key_size <= RSA_BITS[1]):
        raise _invalid(
            "key", "wrong_kind", phrase("RS256 needs a public RSA key of %(bits)s bits or more.", bits=RSA_BITS[0])
        )
    if algorithm == "EdDSA" and not isinstance(key, Ed25519PublicKey):
        raise _invalid("key", "wrong_kind", phrase("EdDSA needs a public Ed25519 key."))
    pem: bytes = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem.decode()


def _secret(text: str, jwk: dict[str, Any] | None) -> str:
    if text.startswith("-----") or (jwk is not None and jwk.get("kty") != "oct"):
        # Whoever has a public key could sign with it as if it were a secret.
        raise _invalid("key", "wrong_kind", phrase("HS256 needs a secret, not a key of a pair."))
    try:
        given = text.encode() if jwk is None else base64.urlsafe_b64decode(str(jwk.get("k", "")) + "==")
    except (ValueError, binascii.Error):
        raise _invalid("key", "invalid", phrase("This is no JWK of a secret.")) from None
    if len(given) < SECRET_BYTES_LEAST or len(set(given)) < 10:
        raise _invalid("key", "weak", phrase("A secret has at least %(bytes)s random bytes.", bytes=SECRET_BYTES_LEAST))
    return base64.urlsafe_b64encode(given).decode()


def _jwk(text: str) -> dict[str, Any] | None:
    """The JWK that a text is; None where it is none. Raises Invalid for a private one."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    if "d" in found:
        raise _invalid("key", "private", phrase("This is a private key: keep it, and give its public half."))
    return found


def _invalid(field: str, code: str, message: str) -> Invalid:
    return Invalid(message, errors=[FieldError(field, code, message)])


def shown(keys: Sequence[LoginKey]) -> list[dict[str, Any]]:
    """What may be shown of keys: everything but themselves."""
    return [{"kid": key.kid, "algorithm": key.algorithm, "created_at": key.created_at} for key in keys]
