"""The signed token of a form: for which site, when it was handed out, and a nonce. What it says is a fact, no bar."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from itsdangerous import BadSignature

from models import Site
from service.intake.submission.fields import TOKEN_MAX, Submission
from service.privacy.sealing import Keyring, new_keyed_token

_TOKEN = "form-token"
# Seconds that a form has to be open before its token may vote: no program gets its votes by the dozen at once.
VOTE_AFTER = 30
# Clocks of two machines may differ by this much before a token counts as made in the future.
_AHEAD_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class FormToken:
    """What a form token said. `state` is a word of the rules' fact `form_token`; `age` is in seconds."""

    state: str
    age: float | None = None
    nonce: str | None = field(default=None, repr=False)


def issue_token(keyring: Keyring, site: Site, now: datetime) -> str:
    """A signed token that says for which site and when a form was handed out, with a nonce of 128 bits."""
    return str(keyring.serializer(_TOKEN).dumps([site.id, int(now.timestamp() * 1000), new_keyed_token()]))


def read_token(keyring: Keyring, site_id: str, token: str | None, now: datetime, *, max_age: float) -> FormToken:
    """Never refuses: a missing, stale or foreign token is a fact for the rules. It is stale after `max_age` seconds."""
    if token is None:
        return FormToken("missing")
    try:
        if len(token) > TOKEN_MAX:
            return FormToken("invalid")
        of_site, issued, nonce = keyring.serializer(_TOKEN).loads(token)
    except (BadSignature, ValueError, TypeError):
        return FormToken("invalid")
    age = now.timestamp() - issued / 1000
    if of_site != site_id or age < -_AHEAD_SECONDS:
        return FormToken("invalid")
    state = "stale" if age > max_age else "valid"
    return FormToken(state, round(max(0.0, age), 3), str(nonce))


def intake_facts(submission: Submission, token: FormToken, *, disposable: bool) -> dict[str, Any]:
    """What the rules may know of the form and the address, named as in moderation_rules.Facts, and `terms`: the version
    that was accepted, which no rule is told."""
    facts: dict[str, Any] = {
        "honeypot_filled": submission.honeypot_filled,
        "form_token": token.state,
        "disposable_email": disposable,
    }
    if token.age is not None:
        facts["form_age"] = token.age
    if submission.terms:
        facts["terms"] = submission.terms
    return facts
