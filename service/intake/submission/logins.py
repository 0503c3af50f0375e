"""A reader whom the site knows: a signed login (JWT, RFC 7519). An invalid one is refused, and is never a guest."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NoReturn

import jwt

from service.errors import FieldError, Invalid
from service.intake.submission.raw import RawSubmission
from service.localization import noop as N_

LONGEST = 4096
LEEWAY_SECONDS = 60.0
# A login that lasts longer could be passed on; and what is used up is remembered until it expires.
LASTS_MOST_SECONDS = 86_400.0
_TEXT_MAX = 255
_EXPIRED = N_("Your sign-in has expired. Please load the page again.")
_NOT_ACCEPTED = N_(
    "Your sign-in was not accepted. Please load the page again; if that does not help, tell the newsroom."
)


@dataclass(frozen=True, slots=True)
class SiteKey:
    """A key of the site's, opened. `material`: a secret's bytes, or a public key as PEM."""

    kid: str
    algorithm: str
    material: bytes | str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Login:
    """What a valid login says. `use`: what tells it from every other one; none of this is ever shown."""

    subject: str = field(repr=False)
    use: str = field(repr=False)
    expires_at: datetime
    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)

    def fill(self, raw: RawSubmission) -> RawSubmission:
        """The submission under the name and address that the site vouches for; what it says nothing of is as typed."""
        said = {"name": self.name, "email": self.email}
        return RawSubmission({**raw.values, **{name: value for name, value in said.items() if value}}, raw.form)


def login_in(raw: RawSubmission) -> object | None:
    """What came as `login`; None for nothing. An empty field of a form is nothing."""
    given: object | None = raw.values.get("login")
    return None if raw.form and given == "" else given


def read_login(token: object, keys: Sequence[SiteKey], audience: str, now: datetime) -> Login:
    """The login, signed with one of the site's keys. Raises Invalid with a code for the field `login`.

    The algorithm is the key's, whatever the login names; keys that it brings along or points to are nobody's.
    """
    if not isinstance(token, str) or not token.isascii():
        _refuse("invalid", "This login cannot be read.")
    if len(token) > LONGEST:
        _refuse("too_long", f"A login has at most {LONGEST:,} characters.")
    if not keys:
        _refuse("not_offered", "This site signs nobody in.")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        _refuse("invalid", "This login cannot be read.")
    kid = header.get("kid")
    found = [key for key in keys if key.algorithm == header.get("alg") and kid in (None, key.kid)]
    if not found or "crit" in header:
        _refuse("unknown_key", "This login is signed with no key of the site.")
    return _read(_claims(token, found, audience), token, now)


def _claims(token: str, keys: Sequence[SiteKey], audience: str) -> Mapping[str, Any]:
    # Times are checked by the clock of the service.
    options: Any = {"require": ["exp", "aud", "sub"], "verify_exp": False, "verify_nbf": False, "verify_iat": False}
    claims: Mapping[str, Any] | None = None
    for key in keys:
        try:
            claims = jwt.decode(token, key.material, algorithms=[key.algorithm], audience=audience, options=options)
            break
        except jwt.InvalidSignatureError:
            continue
        except jwt.InvalidAudienceError:
            _refuse("wrong_audience", "This login is for another site.")
        except jwt.MissingRequiredClaimError as missing:
            code = "wrong_audience" if missing.claim == "aud" else "missing_claim"
            _refuse(code, f"This login does not say its {missing.claim}.")
        except (jwt.PyJWTError, ValueError, TypeError):
            _refuse("invalid", "This login cannot be read.")
    if claims is None:
        _refuse("invalid", "This login's signature is not the site's.")
    return claims


def _read(claims: Mapping[str, Any], token: str, now: datetime) -> Login:
    at = now.timestamp()
    exp = _time(claims, "exp", None)
    issued, not_before = _time(claims, "iat", at), _time(claims, "nbf", at)
    if exp <= at - LEEWAY_SECONDS:
        _refuse("expired", "This login has expired.")
    if max(issued, not_before) > at + LEEWAY_SECONDS:
        _refuse("not_yet_valid", "This login is not valid yet.")
    if exp - min(issued, at) > LASTS_MOST_SECONDS + LEEWAY_SECONDS:
        _refuse("lasts_too_long", "A login is valid for a day at most.")
    subject, own_id = _text(claims, "sub"), _text(claims, "jti", may_be_missing=True)
    if not subject:
        _refuse("missing_claim", "This login does not say its sub.")
    # Of what is signed, not of the signature: that can be written in more than one way.
    use = f"id {own_id}" if own_id else f"text {token.rpartition('.')[0]}"
    return Login(
        subject,
        use,
        datetime.fromtimestamp(exp + LEEWAY_SECONDS, UTC),
        _text(claims, "name", may_be_missing=True, most=2000) or None,
        _text(claims, "email", may_be_missing=True, most=2000) or None,
    )


def _time(claims: Mapping[str, Any], name: str, missing: float | None) -> float:
    value = claims.get(name, missing)
    # In this order: a number of some hundred digits is no float, not even to be asked whether it is finite.
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 2**40 or not math.isfinite(value):
        _refuse("invalid", f"This login's {name} is no time.")
    return float(value)


def _text(claims: Mapping[str, Any], name: str, *, may_be_missing: bool = False, most: int = _TEXT_MAX) -> str:
    value = claims.get(name)
    if value is None and may_be_missing:
        return ""
    if not isinstance(value, str) or len(value) > most:
        _refuse("invalid", f"This login's {name} is no text, or too long.")
    return value


def _refuse(code: str, detail: str) -> NoReturn:
    """`detail`: for whoever makes the site's logins. Its reader can only try once more, or tell them."""
    raise Invalid(detail, errors=[FieldError("login", code, _EXPIRED if code == "expired" else _NOT_ACCEPTED)])


def used() -> Invalid:
    """A login that has sent a comment already."""
    words = N_("Your sign-in has sent a comment already. Please load the page again.")
    why = "A login sends one comment."
    return Invalid(why, errors=[FieldError("login", "used", words)])
