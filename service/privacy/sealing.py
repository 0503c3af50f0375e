"""The keyring: seals, keyed indexes and signatures, each purpose under a key of its own."""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from models.database.randomness import random_bytes
from service.errors import Misconfigured

if TYPE_CHECKING:
    from hashlib import _Hash

SECRET_BYTES = 32
INDEX_BYTES = 16

_VERSION = b"\x01"
_KEY_ID_BYTES = 8
_NONCE_BYTES = 12
_HEAD = len(_VERSION) + _KEY_ID_BYTES + _NONCE_BYTES
# Sealed texts come in steps of this length, so that a row's size does not tell how long an address is.
_PAD = 32

# Bytes that SHA-256 takes at once.
_BLOCK = 64

_SALT = b"rejoinder keyring v1"


class SealBroken(Exception):
    """A seal that does not open here: another key, another row, or a changed byte. Says nothing of the content."""


def _begun(key: bytes, pad: int) -> "_Hash":
    return sha256(bytes(byte ^ pad for byte in key))


class _Key:
    """One secret and what is derived from it. Its repr is its id."""

    __slots__ = ("_ciphers", "_derived", "_macs", "_secret", "head", "id")

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._derived: dict[str, bytes] = {}
        self._macs: dict[str, tuple[_Hash, _Hash]] = {}
        self._ciphers: dict[str, AESGCM] = {}
        key_id = self._derive("id", _KEY_ID_BYTES)
        self.id = key_id.hex()
        # What its seals begin with.
        self.head = _VERSION + key_id

    def _derive(self, info: str, length: int) -> bytes:
        return HKDF(SHA256(), length, _SALT, info.encode()).derive(self._secret)

    def for_purpose(self, use: str, purpose: str) -> bytes:
        """32 bytes for one use (`seal`, `index`, `sign`) and purpose."""
        info = f"{use}:{purpose}"
        found = self._derived.get(info)
        if found is None:
            found = self._derived[info] = self._derive(info, 32)
        return found

    def mac(self, purpose: str, message: bytes) -> bytes:
        """HMAC-SHA-256 (RFC 2104) under the key for indexes of this purpose."""
        begun = self._macs.get(purpose)
        if begun is None:
            key = self.for_purpose("index", purpose).ljust(_BLOCK, b"\0")
            begun = self._macs[purpose] = _begun(key, 0x36), _begun(key, 0x5C)
        # Its two hashes with the key's part done. `hmac` begins both anew, and `hmac.digest` gives the interpreter away
        # for two microseconds of work, while a thread that is busy keeps it for milliseconds.
        inner, outer = begun[0].copy(), begun[1].copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()

    def cipher(self, purpose: str) -> AESGCM:
        """AES-256-GCM under the key for seals of this purpose."""
        found = self._ciphers.get(purpose)
        if found is None:
            found = self._ciphers[purpose] = AESGCM(self.for_purpose("seal", purpose))
        return found

    def __repr__(self) -> str:
        return f"<key {self.id}>"


class Keyring:
    """Every secret of the service, newest first: the newest writes, all of them read.

    Seals are AES-256-GCM (NIST SP 800-38D) with random 96-bit nonces; one key is good for 2^32 of them. Keys
    come from the secret by HKDF-SHA256 (RFC 5869), one for each use and purpose. A key's id comes from the
    secret by HKDF too: it tells secrets apart and nothing else, as long as the secret was random.
    """

    __slots__ = ("_by_id", "_keys", "_serializers")

    def __init__(self, keys: Sequence[_Key]) -> None:
        self._keys = tuple(keys)
        self._by_id = {key.id: key for key in keys}
        self._serializers: dict[str, URLSafeTimedSerializer] = {}

    @classmethod
    def from_secrets(cls, secrets: Sequence[str]) -> "Keyring":
        """The ring of these secrets, newest first. Raises Misconfigured for none, a weak one, or the same one twice."""
        if not secrets:
            raise Misconfigured("no secret key is set: set REJOINDER_SECRET_KEYS to a random secret")
        for position, secret in enumerate(secrets, 1):
            _check_secret(secret, position)
        if len(set(secrets)) != len(secrets):
            raise Misconfigured("REJOINDER_SECRET_KEYS names the same secret twice")
        return cls([_Key(secret) for secret in secrets])

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self.key_ids)})"

    @property
    def newest(self) -> str:
        """The id of the key that writes: 16 hexadecimal digits."""
        return self._keys[0].id

    @property
    def key_ids(self) -> tuple[str, ...]:
        """Ids of all keys, newest first."""
        return tuple(key.id for key in self._keys)

    def seal(self, purpose: str, site_id: str, row_id: str, text: str) -> bytes:
        """`text` sealed for one row: it opens only with the same purpose, site and row."""
        key = self._keys[0]
        nonce = random_bytes(_NONCE_BYTES)
        bound = _bound(key.head, purpose, site_id, row_id)
        return key.head + nonce + key.cipher(purpose).encrypt(nonce, _pad(text.encode()), bound)

    def open(self, purpose: str, site_id: str, row_id: str, sealed: bytes) -> str:
        """The sealed text. Raises SealBroken for another purpose, site or row, an unknown key, a changed byte."""
        head, nonce, content = sealed[:9], sealed[9:_HEAD], sealed[_HEAD:]
        key = self._by_id.get(self.key_id_of(sealed))
        if key is None:
            raise SealBroken("sealed with a key that is not in the ring")
        try:
            return _unpad(key.cipher(purpose).decrypt(nonce, content, _bound(head, purpose, site_id, row_id))).decode()
        except (InvalidTag, ValueError):
            # `from None`: the cause could carry bytes of the content into a log.
            raise SealBroken("sealed for another place, or changed") from None

    def key_id_of(self, sealed: bytes) -> str:
        """Which key sealed this. Raises SealBroken for what is not a seal."""
        if len(sealed) < _HEAD or sealed[:1] != _VERSION:
            raise SealBroken("not a seal")
        return sealed[1:9].hex()

    def index(self, purpose: str, value: str | bytes) -> tuple[str, bytes]:
        """(key id, 16 bytes of HMAC-SHA-256 over `value`) under the newest key: what a new row stores."""
        return self.newest, _hmac(self._keys[0], purpose, value)

    def indexes(self, purpose: str, value: str | bytes) -> list[bytes]:
        """The index under every key of the ring, newest first: what a look-up tries."""
        return [_hmac(key, purpose, value) for key in self._keys]

    def serializer(self, purpose: str, now: Callable[[], datetime] | None = None) -> URLSafeTimedSerializer:
        """An itsdangerous serializer of tokens that carry their time; reads tokens signed with any key of the ring.

        `now` is the clock's; without it the machine's time counts. `loads(token, max_age=seconds)` raises
        itsdangerous.BadSignature, or SignatureExpired, which is one.
        """
        kept = self._serializers.get(purpose) if now is None else None
        if kept is not None:
            return kept
        # itsdangerous wants the oldest key first and signs with the last.
        keys = [key.for_purpose("sign", purpose) for key in reversed(self._keys)]
        signer = TimestampSigner if now is None else _signer_with_clock(now)
        made = URLSafeTimedSerializer(
            keys, salt=purpose, signer=signer, signer_kwargs={"digest_method": sha256, "key_derivation": "hmac"}
        )
        if now is None:
            self._serializers[purpose] = made
        return made


def new_secret() -> str:
    """A new secret for the ring: 256 random bits as 43 characters."""
    return secrets.token_urlsafe(SECRET_BYTES)


def new_keyed_token() -> str:
    """128 random bits as 22 characters, for receipts and links that are looked up by a keyed index."""
    return urlsafe_b64encode(random_bytes(16)).rstrip(b"=").decode()


def _check_secret(secret: str, position: int) -> None:
    """Randomness cannot be measured, but these cannot have 32 bytes of it."""
    which = f"secret {position} in REJOINDER_SECRET_KEYS"
    how = "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"
    if len(secret.encode()) < SECRET_BYTES:
        raise Misconfigured(f"{which} is shorter than {SECRET_BYTES} characters; {how}")
    repeated = secret in (secret + secret)[1:-1]
    if repeated or len(set(secret)) < 10:
        raise Misconfigured(f"{which} repeats itself and could be guessed; {how}")


def _hmac(key: _Key, purpose: str, value: str | bytes) -> bytes:
    # A lone surrogate has no UTF-8, but whoever sends one in a look-up should find nothing instead of a fault.
    message = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    return key.mac(purpose, message)[:INDEX_BYTES]


def _bound(head: bytes, *parts: str) -> bytes:
    """Associated data: every part with its length in front, so that no two lists of parts look alike."""
    found = [head]
    for part in parts:
        encoded = part.encode()
        found += (len(encoded).to_bytes(4, "big"), encoded)
    return b"".join(found)


def _pad(content: bytes) -> bytes:
    framed = len(content).to_bytes(4, "big") + content
    return framed + bytes(-len(framed) % _PAD)


def _unpad(padded: bytes) -> bytes:
    length = int.from_bytes(padded[:4], "big")
    return padded[4 : 4 + length]


def _signer_with_clock(now: Callable[[], datetime]) -> type[TimestampSigner]:
    class ClockSigner(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(now().timestamp())

        def timestamp_to_datetime(self, ts: int) -> datetime:
            return datetime.fromtimestamp(ts, UTC)

    return ClockSigner
