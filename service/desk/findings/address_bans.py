"""What the desk shows of bans of addresses: to administrators what they meet, to everybody else nothing.

Whoever sees which comments such a ban meets can post a guess and look. So no judgement depends on one while a comment
is not proven (`service.privacy.bans`), and what depends on one here is asked for in this file, for one comment at a
time. Judgements from before that was so are shown without the word.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from models import Comment
from service.accounts.access import Actor
from service.privacy.bans import address_bans_of
from service.wiring import Services

# A rule, what it once said of a typed address, and what is shown instead.
_RULE, _SAID, _SHOWN = "banned", "the address given is banned", "a person must look at this"


def form_seen_by(services: Services, session: Session, actor: Actor, comment: Comment) -> dict[str, Any]:
    """What intake found out about the form. With `bans` and `address_banned` only for administrators."""
    form = {name: value for name, value in comment.intake_facts.items() if name != "bans"}
    if actor.can("admin", comment.site_id):
        of_address = address_bans_of(session, services.keyring, comment, services.clock.now())
        if met := sorted({*comment.intake_facts.get("bans", ()), *of_address}):
            form["bans"] = met
        if of_address:
            form["address_banned"] = True
    return form


def facts_seen(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a judgement, without what a typed address did."""
    return {name: value for name, value in facts.items() if (name, value) != (_RULE, "address")}


def message_seen(rule: str, message: str) -> str:
    """What a finding says, without what a typed address did."""
    return _SHOWN if (rule, message) == (_RULE, _SAID) else message
