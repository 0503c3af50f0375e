"""Votes on the plain page: the buttons of a form, which `service.readers.vote_pages` takes.

Without cookies or script the page's address says which votes are this reader's: it carries the token that cast them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Site, Vote
from models.readers.vote import VALUES
from service.intake.submission.form_tokens import issue_token, read_token
from service.privacy.sealing import Keyring
from service.privacy.voters import voters_of
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
    return VoteButtons(values, voter, _own_votes(session, keyring, [one["id"] for one in comments], read.nonce))


def _own_votes(
    session: Session, keyring: Keyring, comment_ids: Collection[str], nonce: str
) -> dict[str, tuple[int, int]]:
    """Comment -> (what a token's vote is, what of it is not counted yet), of those it voted for. One query."""
    voters = {found: id_ for id_ in comment_ids for found in voters_of(keyring, id_, nonce)}
    if not voters:
        return {}
    rows = session.execute(
        select(Vote.comment_id, Vote.value, Vote.value - Vote.counted).where(
            Vote.comment_id.in_(comment_ids), Vote.voter.in_(voters)
        )
    )
    return {comment_id: (value, uncounted) for comment_id, value, uncounted in rows}
