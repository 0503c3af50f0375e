"""Votes on the plain page: buttons of a form, and what a press of one leads to.

Without cookies or script the page's address says which votes are this reader's: it carries the token that cast them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from models import Site
from models.vote import VALUES
from service.intake.receive import Caller, Intake
from service.intake.submission.form_tokens import issue_token, read_token
from service.readers.votes import own_votes, vote
from service.wiring import Services


@dataclass(frozen=True, slots=True)
class VoteButtons:
    """What the page's buttons say. `values`: which votes the site takes, none where it takes no votes; `token`: casts
    them; `own`: comment -> (this reader's vote, what of it is not in the comment's number yet)."""

    values: Sequence[int] = ()
    token: str = ""
    own: Mapping[str, tuple[int, int]] | None = None

    def count(self, comment: Mapping[str, Any]) -> int:
        """The number beside the buttons, with this reader's vote in it."""
        return int(comment["votes"]) + self._own(comment)[1]

    def stands(self, comment: Mapping[str, Any]) -> int:
        """This reader's vote; 0 for none."""
        return self._own(comment)[0]

    def _own(self, comment: Mapping[str, Any]) -> tuple[int, int]:
        return (self.own or {}).get(comment["id"], (0, 0))


def vote_buttons(
    services: Services, session: Session, site: Site, comments: Sequence[Mapping[str, Any]], voter: str
) -> VoteButtons:
    """`voter`: the token in the page's address, "" for none."""
    values = VALUES[site.settings.votes]
    if not values:
        return VoteButtons()
    now, keyring = services.clock.now(), services.keyring
    read = read_token(keyring, site.id, voter or None, now, max_age=site.settings.form_token_max_age)
    if read.state != "valid" or read.nonce is None:
        return VoteButtons(values, issue_token(keyring, site, now))
    return VoteButtons(values, voter, own_votes(session, keyring, [one["id"] for one in comments], read.nonce))


def press(intake: Intake, slug: str, fields: Mapping[str, str], caller: Caller) -> str:
    """Casts the vote of a pressed button, whose value is a comment's id, a blank and the vote; the comment's id.

    Raises as `vote` does.
    """
    comment_id, _, value = fields.get("vote", "").partition(" ")
    vote(intake, slug, comment_id, {"value": value, "token": fields.get("voter")}, caller)
    return comment_id
