"""Setting up outside checks: which service, where, with what secret. The secret is sealed and never given out again."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import CheckKind, OutsideCheck, Site, new_id
from service.accounts.actors import Actor, refuse_shut_out
from service.accounts.audit import audit
from service.errors import FieldError, Invalid, NotFound
from service.moderation.network.outside.checks import client
from service.moderation.network.outside.signing import secret_bytes
from service.outgoing import TIMEOUT_SECONDS, Outgoing, OutgoingFailed
from service.privacy.outside_check_secrets import seal_secret
from service.privacy.sealing import Keyring
from service.wiring import Services

LONGEST_SECONDS, SHORTEST_SECONDS = 5.0, 0.2
MOST_CHECKS = 4
URL_LENGTH = 500

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_KEY = re.compile(r"[!-~]{1,200}")


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """How a check should be. `secret`: the API key or signing secret; None keeps the one it has."""

    kind: CheckKind
    url: str
    secret: str | None = field(default=None, repr=False)
    sends_address: bool = False
    timeout: float = TIMEOUT_SECONDS


def checks_of(session: Session, site: Site) -> list[OutsideCheck]:
    """By name."""
    query = select(OutsideCheck).where(OutsideCheck.site_id == site.id).order_by(OutsideCheck.name)
    return list(session.scalars(query))


def check_named(session: Session, site: Site, name: str) -> OutsideCheck:
    """Raises NotFound."""
    query = select(OutsideCheck).where(OutsideCheck.site_id == site.id, OutsideCheck.name == name)
    found = session.scalar(query)
    if found is None:
        raise NotFound("There is no such check.")
    return found


def set_up(
    services: Services, actor: Actor | None, site: Site, name: str, wanted: CheckSettings
) -> tuple[OutsideCheck, bool]:
    """Sets the check up, or changes it; and whether it is new. `actor` None: the command line. Raises Invalid."""
    now = services.clock.now()
    outgoing = client(services.settings)
    with services.write() as session:
        check, is_new = set_check(session, services.keyring, outgoing, site, name, wanted, now)
        details = audit_details(check, wanted)
        refuse_shut_out(session, actor, now)
        audit(session, actor, "check.set", now=now, site_id=site.id, target=check.id, details=details)
    return check, is_new


def remove(services: Services, actor: Actor | None, site: Site, name: str) -> None:
    """Removes the check with its secret. `actor` None: the command line. Raises NotFound."""
    now = services.clock.now()
    with services.write() as session:
        gone = remove_check(session, site, name)
        refuse_shut_out(session, actor, now)
        audit(session, actor, "check.remove", now=now, site_id=site.id, target=gone.id, details={"name": name})


def set_check(
    session: Session, keyring: Keyring, outgoing: Outgoing, site: Site, name: str, wanted: CheckSettings, now: datetime
) -> tuple[OutsideCheck, bool]:
    """Sets the check up, or changes it; and whether it is new. Raises Invalid with what cannot work."""
    # The row of the site orders two writers.
    session.refresh(session.get_one(Site, site.id), with_for_update={"key_share": True})
    known = {check.name: check for check in checks_of(session, site)}
    check = known.get(name)
    errors = list(_errors(outgoing, name, wanted, check))
    if check is None and len(known) >= MOST_CHECKS:
        errors.append(FieldError("name", "too_many", f"A site has at most {MOST_CHECKS} checks."))
    if errors:
        raise Invalid(" ".join(error.message for error in errors), errors=errors)
    is_new = check is None
    if check is None:
        check = OutsideCheck(id=new_id(), site_id=site.id, name=name)
        session.add(check)
    if wanted.secret is not None:
        for column, value in seal_secret(keyring, site_id=site.id, check_id=check.id, secret=wanted.secret).items():
            setattr(check, column, value)
    check.kind, check.url = wanted.kind, wanted.url
    check.sends_address, check.timeout = wanted.sends_address, wanted.timeout
    check.changed_at = now
    session.flush()
    return check, is_new


def remove_check(session: Session, site: Site, name: str) -> OutsideCheck:
    """Removes the check with its secret. Raises NotFound."""
    found = check_named(session, site, name)
    session.delete(found)
    return found


def shown(check: OutsideCheck) -> dict[str, Any]:
    """What may be shown of a check: everything but its secret."""
    return {
        "name": check.name,
        "kind": check.kind,
        "url": check.url,
        "sends_address": check.sends_address,
        "timeout": check.timeout,
        "changed_at": check.changed_at,
    }


def audit_details(check: OutsideCheck, wanted: CheckSettings) -> dict[str, Any]:
    """What the audit trail keeps of a change: the host only, for a path may be a secret too."""
    return {
        "name": check.name,
        "kind": check.kind.value,
        "host": urlsplit(check.url).hostname,
        "sends_address": check.sends_address,
        "timeout": check.timeout,
        "new_secret": wanted.secret is not None,
    }


def _errors(outgoing: Outgoing, name: str, wanted: CheckSettings, known: OutsideCheck | None) -> Sequence[FieldError]:
    found: list[FieldError] = []
    if not _NAME.fullmatch(name):
        found.append(FieldError("name", "invalid", "A name is 1-40 of a-z, 0-9, _ and -, and begins with a letter."))
    if problem := _url_problem(outgoing, wanted):
        found.append(FieldError("url", *problem))
    if not SHORTEST_SECONDS <= wanted.timeout <= LONGEST_SECONDS:
        said = f"A check gets {SHORTEST_SECONDS:g} to {LONGEST_SECONDS:g} seconds."
        found.append(FieldError("timeout", "out_of_range", said))
    if wanted.secret is not None:
        if problem := _secret_problem(wanted.kind, wanted.secret):
            found.append(FieldError("secret", *problem))
    elif known is None:
        found.append(FieldError("secret", "missing", "A new check needs its secret."))
    elif (known.kind, known.url) != (wanted.kind, wanted.url):
        # Or whoever may set an address could have the secret sent to it without knowing it.
        found.append(FieldError("secret", "missing", "Another address needs the secret again."))
    return found


def _url_problem(outgoing: Outgoing, wanted: CheckSettings) -> tuple[str, str] | None:
    if len(wanted.url) > URL_LENGTH or not wanted.url.startswith("https://"):
        return "not_https", f"Write it as https://check.example, {URL_LENGTH} characters at most."
    try:
        outgoing.check(wanted.url)
    except OutgoingFailed as error:
        if error.code == "not_allowed":
            return error.code, "This address is not public, or has a port for something else."
        return error.code, "This is not a web address without a name or password in it."
    parts = urlsplit(wanted.url)
    if parts.fragment or (wanted.kind is CheckKind.AKISMET and parts.query):
        return "bad_url", "This address has a part that cannot be sent."
    return None


def _secret_problem(kind: CheckKind, secret: str) -> tuple[str, str] | None:
    if kind is CheckKind.AKISMET:
        return None if _KEY.fullmatch(secret) else ("invalid", "This is not an API key.")
    try:
        secret_bytes(secret)
    except ValueError:
        return "invalid", "A signing secret is whsec_ and 24 to 64 random bytes in base64."
    return None
