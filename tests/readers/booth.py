"""A site that takes votes, for tests of what comes of them."""

from typing import Any

from sqlalchemy import func, select

from models import Thread, Vote, VoteKinds
from service.intake.receive import Caller, Intake
from service.intake.submission.form_tokens import issue_token
from service.moderation.outbox.vote_counts import VoteCounts
from service.publishing.documents import read_thread_page
from service.readers.votes import Voted, vote
from service.wiring import Services
from tests.factories import Newsroom, add_site
from tests.fixed_clock import FixedClock


class Booth:
    """A site that takes votes, and readers with tokens who cast them."""

    def __init__(self, services: Services, clock: FixedClock, kinds: VoteKinds = VoteKinds.UP_DOWN) -> None:
        self.services, self.clock = services, clock
        self.site = add_site(services, votes=kinds)
        self.room = Newsroom(services, self.site)
        self.intake = Intake(services)
        self.counts = VoteCounts(services)

    def token(self, *, waited: bool = True) -> str:
        token = issue_token(self.services.keyring, self.site, self.clock.now())
        if waited:
            self.clock.advance(seconds=30)
        return token

    def cast(self, comment_id: str, token: Any, value: Any = 1, ip: str | None = "192.0.2.7") -> Voted:
        caller = Caller(ip, None, ())
        return vote(self.intake, self.site.slug, comment_id, {"value": value, "token": token}, caller)

    def shown(self, sort: Any = "oldest") -> dict[str, int]:
        """Comment -> votes, in the order of the thread's page."""
        page = read_thread_page(self.services, self.site.slug, "4711", sort=sort)
        return {comment["id"]: comment["votes"] for comment in page["comments"]}

    def later(self) -> int:
        """Ten seconds, and what the worker does then."""
        self.clock.advance(seconds=10)
        return self.counts.step()

    def version(self) -> int:
        with self.services.read() as session:
            return session.scalars(select(Thread.version)).one()

    def rows(self, comment_id: str) -> int:
        with self.services.read() as session:
            return session.scalar(select(func.sum(Vote.value)).where(Vote.comment_id == comment_id)) or 0

    def close(self) -> None:
        self.intake.commits.close()
