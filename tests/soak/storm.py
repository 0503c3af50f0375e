"""Everything that writes, at once, on few threads and one PostgreSQL: does anyone wait for another in a ring?

    python -m tests.soak.storm postgresql://user@host/empty_database redis://host/0 50000

migrates the database, then takes so many comments in over two group commits while two workers judge, moderators decide
one by one and in bulk, and bans come and go. Ends with 0 and prints a line of JSON when no statement met a deadlock and
every comment is there once.
"""

import json
import random
import sys
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from sqlalchemy import event, func, select

from models import BanKind, Comment, Site
from models.migrations import upgrade
from service.accounts.actors import Actor, ActorKind
from service.database_errors import code_of
from service.errors import Refused
from service.intake.arrivals import Arrival, make_arrival
from service.intake.group_commit.committer import GroupCommit
from service.intake.known_sites import KnownSite
from service.intake.submission.address_syntax import Address
from service.intake.submission.fields import Submission
from service.moderation.bans import lift, set_ban
from service.moderation.decisions import DecisionRequest, apply_decisions
from service.moderation.judging.worker import Worker
from service.queue.limits import Limiter
from service.wiring import Services, wire
from tests.factories import add_moderator, add_site
from tests.settings import make_settings

THREADS = 6
AT_ONCE = 200
# Enough for texts that are no copies of each other.
WORDS = [
    f"{first}{second}"
    for first in ("brid", "coun", "mark", "gard", "winn", "libr")
    for second in ("er", "ale", "ing", "oth", "ust")
]
ACTIONS = ("approve", "reject", "spam")


class Storm:
    """One run; `failures` counts what went wrong, by SQLSTATE or exception."""

    def __init__(self, services: list[Services], comments: int, seed: int = 1) -> None:
        self.services = services
        self.comments = comments
        self.random = random.Random(seed)
        self.failures: Counter[str] = Counter()
        self.ids: list[str] = []
        self.over = threading.Event()
        # What the rules let pass is published: only that moves threads.
        self.site = add_site(services[0], first_comments_held=False)
        person = add_moderator(services[0], "admin")
        self.actor = Actor(ActorKind.MODERATOR, person.id, "Mo", {"": "admin"})
        for each in services:
            event.listen(each.engine, "handle_error", self._note)

    def _note(self, context: Any) -> None:
        if code := code_of(context.sqlalchemy_exception):
            self.failures[code] += 1

    def run(self) -> Counter[str]:
        """Until all comments are judged; what went wrong, and how much was done under names of small letters."""
        done: Counter[str] = Counter()
        around = [
            threading.Thread(target=self._again, args=(name, work, done))
            for name, work in (
                ("judged", Worker(self.services[0]).drain),
                ("judged too", Worker(self.services[1]).drain),
                ("decided", lambda: self._decide(1)),
                ("decided in bulk", lambda: self._decide(30)),
                ("banned", self._ban),
            )
        ]
        sources = [threading.Thread(target=self._send, args=(each, n)) for n, each in enumerate(self.services)]
        for thread in (*sources, *around):
            thread.start()
        for thread in sources:
            thread.join()
        self.over.set()
        for thread in around:
            thread.join()
        return done

    def _again(self, name: str, work: Callable[[], Any], done: Counter[str]) -> None:
        last = False
        while not last:
            # Once more after the end, so that nothing is left.
            last = self.over.is_set()
            try:
                done[name] += int(work() or 0)
            except Refused as error:
                done[error.code] += 1
            except Exception as error:
                self.failures[type(error).__name__] += 1

    def _send(self, services: Services, source: int) -> None:
        commits = GroupCommit(services, Limiter(services.redis))
        known = KnownSite(self.site.id, self.site.slug, tuple(self.site.origins), self.site.settings)
        left = range(source, self.comments, len(self.services))
        for start in range(0, len(left), AT_ONCE):
            sent = [self._arrival(services, known, n) for n in left[start : start + AT_ONCE]]
            answers = [each.wait_in_thread() for each in sent]
            for each in sent:
                commits.put(each)
            for answer in answers:
                if (failed := answer.exception(60)) is not None:
                    self.failures[type(failed).__name__] += 1
            self.ids.extend(each.received.comment_id for each in sent)
        commits.close()

    def _arrival(self, services: Services, site: KnownSite, n: int) -> Arrival:
        submission = Submission(
            thread=f"article-{random.Random(n).randrange(THREADS)}",
            page_url=f"{self.site.origins[0]}/story",
            page_title="",
            parent_id=None,
            name="Ada",
            email=Address(f"ada{n % 50}@example.org", "example.org"),
            website=None,
            body=" ".join(random.Random(n).choices(WORDS, k=14)),
            notify=False,
            notify_replies=False,
            confirm=False,
            honeypot_filled=False,
            token=None,
            earlier_receipt=None,
        )
        return make_arrival(
            submission,
            services.keyring,
            site,
            now=services.clock.now(),
            prefix_hashes=[],
            facts={},
            key=None,
            limits=[],
        )

    def _some(self, count: int) -> list[str]:
        known = self.ids[-2000:]
        return self.random.sample(known, min(count, len(known)))

    def _decide(self, count: int) -> int:
        services = self.services[count % 2]
        with services.read() as session:
            seen = session.execute(select(Comment.id, Comment.revision).where(Comment.id.in_(self._some(count)))).all()
        wanted = [
            DecisionRequest(comment_id, self.random.choice(ACTIONS), self.actor, expected_revision=revision)
            for comment_id, revision in seen
        ]
        outcomes = apply_decisions(services, wanted)
        return sum(each.problem is None for each in outcomes)

    def _ban(self) -> int:
        for comment_id in self._some(1):
            made, _ = set_ban(self.services[1], self.actor, comment_id, BanKind.CHAIN, days=1)
            lift(self.services[0], self.actor, self.site, made.id)
            return 1
        return 0


def kept(services: Services, site: Site) -> int:
    with services.read() as session:
        return session.scalar(select(func.count()).select_from(Comment).where(Comment.site_id == site.id)) or 0


def main(database_url: str, redis_url: str, comments: str) -> int:
    both = [wire(make_settings(database_url, redis_url)) for _ in range(2)]
    upgrade(both[0].engine)
    storm = Storm(both, int(comments))
    done = storm.run()
    found = {"comments": kept(both[0], storm.site), "failures": dict(storm.failures), "done": dict(done)}
    print(json.dumps(found))
    for each in both:
        each.close()
    return int(bool(storm.failures) or found["comments"] != int(comments))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
