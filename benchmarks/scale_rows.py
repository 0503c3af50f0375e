"""What a large newsroom has after two months, as rows: one big site, and a quiet one beside it.

Of the big site's comments a tenth waits for a person; one thread has a sixtieth of them all (at least a hundred), and
`long_thread` makes another one of that many. What is rare is equally rare in any size (`RARE` of each kind, spread over
all of it), so that pages of it compare: a rule, a language, a section, a word, dead letters. So is what does not grow
with the archive: what came in within the last hour, threads and bans of at least a page, and what is open or in force.

Everything has random ids and texts by a fixed seed; sealed values are random bytes, which nothing can open.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, lru_cache
from itertools import accumulate
from typing import Any

import msgspec

from models import (
    ActorKind,
    BanKind,
    DeliveryKind,
    DeliveryState,
    Mode,
    Moderator,
    Site,
    SiteSettings,
    Status,
    ThreadState,
    WriterChain,
    new_id,
)
from models.database.words import words_of
from service.markup import RENDERER

BIG, QUIET = "big", "quiet"
SPAN = timedelta(days=60)
RARE = 60
# Of wrong findings and of decisions on copies to come, what is still open.
OPEN = 10
# What came in within the last hour, whatever the size.
LATE, LATELY = 120, timedelta(hours=1)
# The status of each comment by its number modulo this many; most are approved.
_CYCLE = 1000
RARE_RULE, RARE_LANGUAGE, RARE_SECTION, RARE_WORD = "mixed_scripts", "is", "chess", "axolotl"
SECTIONS = ("politics", "sports", "local", "culture", "economy", "science")
LANGUAGES = ("de",) * 12 + ("en",) * 5 + ("fr",) * 2 + ("und",)
RULES = ("link_count", "word_list", "shouting", "contact_bait", "promotion", "first_comment", "thread_burst", "threats")
# fmt: off
_SYLLABLES = ("ba", "de", "ki", "lo", "mu", "na", "po", "ra", "se", "ti", "va", "wo", "schu", "ster", "gen", "lich")
_FIRST = ("Ada", "Jürgen", "Zoë", "Mehmet", "Chloé", "Ольга", "Anna", "Łukasz", "Peter", "Maria", "Søren", "Ines")
_LAST = ("Müller", "Schmidt", "Dubois", "Yılmaz", "Nowak", "Rossi", "García", "Ivanova", "Holm", "Berg", "Weiß")
# fmt: on
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """Where the things are that a measurement asks for. `common_word` stands in a twelfth of all texts or so,
    `some_word` in one of a hundred."""

    sites: dict[str, str]
    biggest_thread: str
    long_thread: str | None
    common_word: str
    some_word: str
    moderator: str
    count: int
    # The first of a cluster of near copies, and a comment of the writer with the most.
    cluster: str = ""
    prolific: str = ""


@dataclass(slots=True)
class NewsroomRows:
    """Rows in the order in which the service would have written them; a row a dictionary, a table a list."""

    random: random.Random
    count: int
    now: datetime
    long: int
    sites: dict[str, str] = field(default_factory=dict)
    threads: list[dict[str, Any]] = field(default_factory=list)
    chains: list[str] = field(default_factory=list)
    moderator: str = ""
    cluster: str = ""
    sentences: list[str] = field(default_factory=list)
    common: str = ""
    some: str = ""
    prolific: str = ""
    _last: dict[int, str] = field(default_factory=dict)

    def filled(self) -> Filled:
        return Filled(
            sites=self.sites,
            biggest_thread=self.threads[0]["key"],
            long_thread=self.threads[1]["key"] if self.long else None,
            common_word=self.common,
            some_word=self.some,
            moderator=self.moderator,
            count=self.count,
            cluster=self.cluster,
            prolific=self.prolific,
        )

    def first_rows(self) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
        """What comments refer to."""
        began = self.now - SPAN
        settings = msgspec.to_builtins(SiteSettings(mode=Mode.AUTOMATIC, first_comments_held=False))
        self.sites = {slug: new_id() for slug in (BIG, QUIET)}
        yield Site, [
            {"id": id_, "slug": slug, "name": slug, "origins": ["http://news.test"], "settings": settings,
             "created_at": began}
            for slug, id_ in self.sites.items()
        ]  # fmt: skip
        self.moderator = new_id()
        yield Moderator, [{"id": self.moderator, "name": "Anna", "created_at": began}]
        threads = max(RARE, self.count // 200)
        for n in range(threads):
            at = began + SPAN * (n / threads)
            self.threads.append(
                {
                    "id": self.id_of(at), "site_id": self.sites[QUIET if n == 2 else BIG], "key": f"story-{n}",
                    "url": f"http://news.test/{n}", "title": f"Story {n}", "section": self._section(n), "tags": [],
                    "listed_title": f"Story {n}",
                    "language": "de", "state": ThreadState.OPEN, "verified": True, "version": 1,
                    "published_count": 0, "created_at": at,
                }
            )  # fmt: skip
        chain_rows: list[dict[str, Any]] = [
            {"id": self.id_of(began), "site_id": self.sites[BIG], "avatar_seed": f"seed{n}", "created_at": began}
            for n in range(max(50, self.count // 5))
        ]
        chain_rows[0]["site_id"] = self.sites[QUIET]
        self.chains = [row["id"] for row in chain_rows]
        yield WriterChain, chain_rows
        words: list[str] = []
        for _ in range(8000):
            words.append("".join(self.random.choices(_SYLLABLES, k=self.random.randint(1, 4))))
        weights = list(accumulate(1 / (rank + 20) for rank in range(len(words))))
        self.sentences = [
            " ".join(self.random.choices(words, cum_weights=weights, k=self.random.randint(6, 14))).capitalize() + "."
            for _ in range(8000)
        ]
        self.common, self.some = (
            next(word for word in words[rank:] if len(word) > 5 and words.count(word) == 1) for rank in (60, 700)
        )

    def _section(self, n: int) -> str:
        return RARE_SECTION if n == 3 else SECTIONS[n % len(SECTIONS)]

    def comments(self) -> Iterator["CommentRows"]:
        """Every comment with its rows, oldest first."""
        began, every = self.now - SPAN, max(1, self.count // RARE)
        early = max(1, self.count - LATE)
        for n in range(self.count):
            at = began + (SPAN - LATELY) * (n / early) if n < early else self.now - LATELY * ((self.count - n) / LATE)
            rare = n % every if n // every < RARE else -1
            yield self._comment(n, at, rare)
        for n in range(self.long):
            yield self._comment(self.count + n, self.now - timedelta(hours=2) + timedelta(seconds=n / 50), -1, thread=1)

    def _comment(self, n: int, at: datetime, rare: int, thread: int | None = None) -> "CommentRows":
        chance = self.random.random
        status = Status.APPROVED if thread is not None else _status(n % _CYCLE)
        # Rare things come each on a comment of its own, some of them waiting for a person.
        quiet, dead = rare == 1, rare == 2
        if 1 <= rare <= 4:
            status = Status.PENDING
        if thread is None:
            thread = self._thread_of(n, rare, quiet=quiet)
        place = self.threads[thread]
        id_, up = self.id_of(at), status is Status.APPROVED
        parent = self._last.get(thread) if chance() < 0.4 else None
        if up:
            self._last[thread] = id_
            place["published_count"] += 1
        chain = self._chain(quiet=quiet)
        copy_of = self._copy(n, id_)
        text = " ".join(self.random.choices(self.sentences, k=self.random.randint(2, 6)))
        if rare == 3:
            text += f" {RARE_WORD.capitalize()}!"
        decided = at + timedelta(seconds=2)
        person = n % 25 == 7 and status is not Status.PENDING
        judged = status is not Status.RECEIVED
        site_id = place["site_id"]
        comment = {
            "id": id_, "site_id": site_id, "thread_id": place["id"], "parent_id": parent,
            "chain_id": chain, "status": status, "revision": judged + person, "name": self._name(),
            "current_version": 1, "published_version": 1 if up else None, "was_published": up,
            "fingerprint": self.random.randbytes(16), "copy_of": copy_of, "prefix_hash": self.random.randbytes(16),
            "intake_facts": _FACTS, "wants_confirm": False, "wants_notify": n % 20 == 1,
            "created_at": at, "decided_at": decided if judged else None, "sent_at": at, "solo_failures": 0,
            "dead_at": decided if dead else None, "priority": 0, "reviewed_at": decided if person else None,
            "nearness": n * 37 % 1000,
            "featured": False, "pinned": False, "votes": 0, "listed_version": 1,
            "page_url": place["url"], "page_title": place["title"],
        }  # fmt: skip
        version = {
            "comment_id": id_, "n": 1, "text": text, "html": f"<p>{text}</p>", "renderer": RENDERER,
            "status": status, "created_at": at,
        }  # fmt: skip
        rows = CommentRows(comment, version)
        language = RARE_LANGUAGE if rare == 4 else self.random.choice(LANGUAGES)
        comment["language"] = language if judged and language != "und" else None
        if judged:
            first = Status.PENDING if person else status
            rows.decisions.append(self._decision(id_, site_id, 1, Status.RECEIVED, first, decided, rare, language))
        if person:
            rows.decisions.append(self._decision(id_, site_id, 2, Status.PENDING, status, decided, rare, None))
            rows.audit = {
                "id": self.id_of(decided), "site_id": site_id, "actor_kind": ActorKind.MODERATOR,
                "actor_id": self.moderator, "action": f"comment.{status}", "target": id_,
                "details": {"decision": rows.decisions[-1]["id"]}, "created_at": decided,
            }  # fmt: skip
        if judged and status is not Status.WITHDRAWN:
            stands = {"comment_id": id_, "site_id": site_id, "status": status, "priority": 0}
            rows.entry = {**stands, "decision_id": rows.decisions[-1]["id"], "words": words_of(comment["name"], text)}
            rows.rules = [{**stands, "rule": found["rule"]} for found in rows.decisions[0]["findings"]]
        if n % min(500, max(1, self.count // RARE)) == 11:
            rows.ban = {
                "id": self.id_of(decided), "site_id": site_id, "kind": BanKind.CHAIN, "chain_id": chain,
                "comment_id": id_, "reason": "spam", "created_by": self.moderator, "created_at": decided,
            }  # fmt: skip
        if n % 20 == 1:
            rows.delivery = {
                "id": self.id_of(at), "site_id": site_id, "comment_id": id_, "kind": DeliveryKind.CONFIRM,
                "state": DeliveryState.SENT, "attempts": 1, "next_at": at, "created_at": at, "sent_at": at,
            }  # fmt: skip
        return rows

    def _decision(
        self, comment_id: str, site_id: str, revision: int, old: Status, new: Status, at: datetime, rare: int,
        language: str | None,
    ) -> dict[str, Any]:  # fmt: skip
        """The policy's, or with no language a moderator's."""
        machine = language is not None
        names = self.random.sample(RULES, self.random.randint(1, 3)) if machine and new is not Status.APPROVED else []
        if machine and (rare == 0 or (not 0 <= rare <= 4 and not names and self.random.random() < 0.1)):
            names.append(RARE_RULE if rare == 0 else "emoji_flood")
        return {
            "id": self.id_of(at), "comment_id": comment_id, "site_id": site_id, "version_n": 1, "revision": revision,
            "action": _ACTIONS[new], "from_status": old, "to_status": new,
            "actor_kind": ActorKind.POLICY if machine else ActorKind.MODERATOR,
            "actor_id": None if machine else self.moderator,
            "policy_version": "1" if machine else None, "score": 1.5 if machine else None,
            "findings": [_finding(name) for name in names],
            "facts": {**_FACTS, "language": language, "approved_before": 0} if machine else {},
            "created_at": at,
        }  # fmt: skip

    def _thread_of(self, n: int, rare: int, *, quiet: bool) -> int:
        if quiet:
            return 2
        if rare == 4:
            return 3
        # Of each status some: 61 and 9 go evenly into none of their periods.
        if n % 61 == 13 or (self.count < 6000 and n % 9 == 5):
            return 0
        # Most is said about what is new; the long thread, the quiet site's and the rare section's are left out.
        latest = 4 + (len(self.threads) - 4) * n // self.count
        return max(4, min(len(self.threads) - 1, latest) - int(self.random.expovariate(0.1)))

    def _chain(self, *, quiet: bool) -> str:
        if quiet:
            return self.chains[0]
        if self.random.random() < 0.1:  # A few write a lot.
            self.prolific = self.chains[1]
            return self.chains[1 + self.random.randrange(max(10, len(self.chains) // 1000))]
        return self.chains[self.random.randrange(1, len(self.chains))]

    def _copy(self, n: int, id_: str) -> str | None:
        """A fiftieth of all comments are near copies, in clusters of twenty."""
        at = n % 1000
        if at == 0:
            self.cluster = id_
        return self.cluster if at and at % 50 == 0 and self.cluster else None

    def _name(self) -> str:
        return f"{self.random.choice(_FIRST)} {self.random.choice(_LAST)}"

    def id_of(self, at: datetime) -> str:
        return _time_part(int(at.timestamp() * 1000)) + _random_part(self.random)


@dataclass(slots=True)
class CommentRows:
    comment: dict[str, Any]
    version: dict[str, Any]
    decisions: list[dict[str, Any]] = field(default_factory=list)
    rules: list[dict[str, Any]] = field(default_factory=list)
    entry: dict[str, Any] | None = None
    audit: dict[str, Any] | None = None
    ban: dict[str, Any] | None = None
    delivery: dict[str, Any] | None = None


_FACTS = {"honeypot_filled": False, "form_token": "valid", "form_age": 40.0, "disposable_email": False}
_ACTIONS = {
    Status.APPROVED: "approve",
    Status.PENDING: "pending",
    Status.REJECTED: "reject",
    Status.SPAM: "spam",
    Status.WITHDRAWN: "withdraw",
}


@cache
def _finding(rule: str) -> dict[str, Any]:
    return {"rule": rule, "version": 1, "score": 1.5, "field": "text", "start": 0, "end": 7, "message": f"This: {rule}"}


def _status(at: int) -> Status:
    if at % 10 == 3:
        return Status.PENDING
    if at % 20 == 9:
        return Status.SPAM
    if at % 25 == 16:
        return Status.REJECTED
    return Status.WITHDRAWN if at % 100 == 55 else Status.APPROVED


@lru_cache(maxsize=8)
def _time_part(milliseconds: int) -> str:
    letters = []
    for _ in range(10):
        milliseconds, at = divmod(milliseconds, 32)
        letters.append(_ALPHABET[at])
    return "".join(reversed(letters))


def _random_part(source: random.Random) -> str:
    bits = source.getrandbits(80)
    return "".join([_PAIRS[bits >> shift & 1023] for shift in range(70, -1, -10)])
