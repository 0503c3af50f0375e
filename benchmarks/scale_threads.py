"""What must not grow with a thread: its pages, publishing, repairs and rehearsals, in threads of 100 and of 100,000.

    python -m benchmarks.scale_threads [--database URL | own] [--comments 100 100000] [--rounds 15]

Without --database on SQLite in a temporary folder, with `own` on a PostgreSQL server of the benchmark's own; a database
that is named must be empty and is left filled. Each size is a site of its own in one database, with one thread of
published comments, and every figure is taken through the application as a request meets it. A page is built anew after
each approval, as for the first reader who asks.
"""

import argparse
import contextlib
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlencode

from werkzeug.test import Client

from benchmarks.report import Growth, Row, add_option, growth_rows, write_rows
from benchmarks.servers.postgres import postgres_server
from benchmarks.servers.processes import interruptible
from models import ActorKind, Base, Comment, CommentVersion, Decision, Job, Site, Status, Thread, WriterChain, new_id
from models.database.bulk import Bulk
from models.database.ids import new_ids
from moderation_rules import fingerprint
from service.accounts.api_keys import add_key
from service.app import create_app
from service.markup import render
from service.moderation.jobs import runner
from service.moderation.jobs.repair_count import COUNT_SECONDS, MOST_COUNTED
from service.moderation.places import place_in_steps
from service.moderation.policies.site_policy import default_version
from service.publishing.documents import Documents
from service.publishing.shortcut import Shortcut
from service.settings import Settings
from service.telemetry import set_up_logging
from service.wiring import Services, wire

TEXT = "A remark of the usual length, with *one* emphasis and nothing else to say. " * 4
# One conversation has this share of a thread, as an argument that ran away does.
ONE_CONVERSATION = 0.5
# Beside those that are published: comments that wait, to be approved one by one.
WAITING = 400
# Of the comments of a site this rule stopped few, the other one many.
RARE_RULE, COMMON_RULE = "spaced_letters", "link_count"
RARE_EVERY, COMMON_EVERY = 5_000, 3
ROWS = 5_000

_TABLES: Any = (Comment.__table__, CommentVersion.__table__, Decision.__table__)
# Columns whose values are Python's, for statements that fill in no defaults.
_DEFAULTS: tuple[dict[str, Any], ...] = tuple(
    {
        name: None if column.default is None else column.default.arg
        for name, column in table.c.items()
        if (column.server_default is None if column.default is None else column.default.is_scalar)
    }
    for table in _TABLES
)


@dataclass
class Filled:
    """One site with its thread. `ids`: the published comments; `waiting`: those that are still to be approved."""

    slug: str
    key: str
    thread_id: str
    api_key: str
    ids: list[str]
    waiting: Iterator[str]
    figures: dict[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def middle(self) -> str:
        return self.ids[len(self.ids) // 2]


def fill(services: Services, comments: int) -> Filled:
    """A site and thread called by that number; half of it is one conversation, two of three answer in it."""
    now = services.clock.now()
    site, thread, chain = new_id(), new_id(), new_id()
    name = str(comments)
    html, renderer = render(TEXT)
    print_of = fingerprint(TEXT)
    with services.write() as session:
        settings = {"mode": "automatic", "first_comments_held": False}
        origins = ["http://n.test"]
        session.add(Site(id=site, slug=f"s{name}", name="", origins=origins, settings_json=settings, created_at=now))
        session.flush()
        session.add(WriterChain(id=chain, site_id=site, avatar_seed="seed", created_at=now))
        session.add(
            Thread(
                id=thread, site_id=site, key=name, url=f"http://n.test/{name}", created_at=now, version=1,
                published_count=comments,
            )
        )  # fmt: skip
        key = add_key(session, site_id=site, scope="admin", now=now)[1]
    ids = sorted(new_ids(comments + WAITING))
    for start in range(0, len(ids), ROWS):
        rows: tuple[list[dict[str, Any]], ...] = ([], [], [])
        for at in range(start, min(start + ROWS, len(ids))):
            up = at < comments
            status = Status.APPROVED if up else Status.PENDING
            rows[0].append(
                _DEFAULTS[0] | {
                    "id": ids[at], "site_id": site, "thread_id": thread, "parent_id": _parent(ids, at, comments),
                    "chain_id": chain, "status": status, "revision": 1, "name": "Ada", "fingerprint": print_of,
                    "published_version": 1 if up else None, "was_published": up, "page_url": f"http://n.test/{name}",
                    "page_title": "", "intake_facts": {"form_age": 40.0}, "created_at": now, "sent_at": now,
                    "decided_at": now,
                }
            )  # fmt: skip
            rows[1].append(
                _DEFAULTS[1] | {
                    "comment_id": ids[at], "n": 1, "text": TEXT, "html": html, "renderer": renderer, "status": status,
                    "created_at": now,
                }
            )  # fmt: skip
            rows[2].append(
                _DEFAULTS[2] | {
                    "id": new_id(), "comment_id": ids[at], "site_id": site, "version_n": 1, "revision": 1,
                    "action": "approve" if up else "pending", "from_status": Status.RECEIVED, "to_status": status,
                    "actor_kind": ActorKind.POLICY, "policy_version": default_version(), "score": 0.0,
                    "findings": _findings(at), "facts": {"approved_before": 3, "form_age": 40.0}, "created_at": now,
                }
            )  # fmt: skip
        with services.write() as session:
            for table, some in zip(_TABLES, rows, strict=True):
                Bulk.insert(table, tuple(some[0])).run(session.connection(), some)
    place_in_steps(services, thread)
    return Filled(f"s{name}", name, thread, key, ids[:comments], iter(ids[comments:]))


def _parent(ids: list[str], at: int, comments: int) -> str | None:
    if at == 0 or at >= comments or (at > comments * ONE_CONVERSATION and at % 3 == 0):
        return None
    return ids[(at - 1) // 2] if at <= comments * ONE_CONVERSATION else ids[at - 1]


def _findings(at: int) -> list[dict[str, Any]]:
    rules = [rule for rule, every in ((COMMON_RULE, COMMON_EVERY), (RARE_RULE, RARE_EVERY)) if at % every == 0]
    return [
        {"rule": rule, "version": 1, "score": 1.0, "field": "text", "start": 0, "end": 8, "message": "Found."}
        for rule in rules
    ]


class Measured:
    """The application with a client, and what its parts cost in one thread."""

    def __init__(self, services: Services, rounds: int) -> None:
        self._services = services
        self._rounds = rounds
        app = create_app(services)
        self._client = Client(Shortcut(app, services))
        self._documents: Documents = app.extensions["rejoinder.documents"]
        self._job: Job | None = None

    def all(self, filled: Filled) -> None:
        """Takes every figure of one thread."""
        pages = self._pages(filled)
        for what in ("approve", *pages, "counts", "one comment", "plain page", "plain page around"):
            filled.figures[what] = (0.0, 0.0)
        samples: dict[str, list[tuple[float, float]]] = {what: [] for what in filled.figures}
        for _ in range(self._rounds):
            for what, asked in pages.items():
                samples["approve"].append(self._timed(partial(self._approve, filled)))
                samples[what].append(self._timed(partial(self._read, filled, **asked)))
            for what, path in (
                ("counts", f"/api/v1/sites/{filled.slug}/counts?thread={filled.key}"),
                ("one comment", f"/api/v1/sites/{filled.slug}/comments/{filled.middle}"),
                ("plain page", f"/embed/{filled.slug}?thread={filled.key}"),
                ("plain page around", f"/embed/{filled.slug}?thread={filled.key}&around={filled.middle}"),
            ):
                self._documents.drop_all()
                samples[what].append(self._timed(partial(self._get, path)))
        # The same comment goes and comes back.
        samples["take down, undo"] = [self._timed(partial(self._take_down, filled)) for _ in range(self._rounds)]
        for what, wanted in (
            ("dry run, rare rule", {"rule": RARE_RULE, "action": "reject"}),
            ("dry run, common rule", {"rule": COMMON_RULE, "action": "reject"}),
            ("dry run, version", {"policy_version": default_version(), "action": "revert"}),
            ("dry run, thread", {"thread": filled.key, "action": "spam"}),
            ("dry run, judged anew", {"rule": COMMON_RULE, "action": "rejudge"}),
        ):
            samples[what] = [self._timed(partial(self._bulk, filled, dry_run=True, **wanted)) for _ in range(3)]
        samples["begin a repair"] = [self._timed(partial(self._begin, filled))]
        samples["a chunk of it"] = [self._timed(self._chunk) for _ in range(3)]
        for what, found in samples.items():
            filled.figures[what] = tuple(statistics.median(column) for column in zip(*found, strict=True))  # type: ignore[assignment]

    def _pages(self, filled: Filled) -> dict[str, dict[str, Any]]:
        first = self._read(filled)
        second = self._read(filled, cursor=first["next_cursor"]) if first["next_cursor"] else first
        return {
            "oldest": {},
            "oldest, third page": {"cursor": second["next_cursor"]} if second["next_cursor"] else {},
            "newest": {"sort": "newest"},
            "top": {"sort": "top"},
            "first level": {"depth": 0},
            "three levels, newest": {"depth": 2, "sort": "newest"},
            "50 levels": {"depth": 49},
            "below the first": {"parent": filled.ids[0]},
            "direct answers": {"parent": filled.ids[1], "depth": 0},
            "around the middle": {"around": filled.middle},
            "around, newest": {"around": filled.middle, "sort": "newest"},
            "around, top": {"around": filled.ids[-1], "sort": "top"},
        }

    def _timed(self, do: Callable[[], object]) -> tuple[float, float]:
        """Milliseconds by the clock and of this process's processors."""
        worked, at = time.process_time(), time.perf_counter()
        do()
        return (time.perf_counter() - at) * 1000, (time.process_time() - worked) * 1000

    def _read(self, filled: Filled, **asked: Any) -> Any:
        return self._get(f"/api/v1/sites/{filled.slug}/comments?{urlencode({'thread': filled.key, **asked})}").json

    def _get(self, path: str) -> Any:
        answer = self._client.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer

    def _post(self, filled: Filled, path: str, body: Any, status: int = 200) -> Any:
        headers = {"Authorization": f"Bearer {filled.api_key}"}
        answer = self._client.post(f"/api/v1/moderation/{path}", json=body, headers=headers)
        assert answer.status_code == status, (path, answer.status_code, answer.text)
        return answer.json

    def _approve(self, filled: Filled) -> None:
        item = {"comment_id": next(filled.waiting), "action": "approve", "expected_revision": 1}
        (answer,) = self._post(filled, "decisions", {"decisions": [item]})["decisions"]
        assert answer["status"] == "approved", answer
        # What a wake does, which nothing carries here.
        self._documents.drop_all()

    def _take_down(self, filled: Filled) -> None:
        item = {"comment_id": filled.middle, "action": "reject"}
        (answer,) = self._post(filled, "decisions", {"decisions": [item]})["decisions"]
        assert answer["status"] == "rejected", answer
        self._post(filled, f"decisions/{answer['decision_id']}/undo", {})

    def _bulk(self, filled: Filled, *, action: str, dry_run: bool, **wanted: Any) -> Any:
        body = {"filter": {"site": filled.slug, **wanted}, "action": action, "dry_run": dry_run}
        return self._post(filled, "bulk", body, 200 if dry_run else 202)

    def _begin(self, filled: Filled) -> None:
        job = self._bulk(filled, action="spam", dry_run=False, thread=filled.key)["job"]
        taken = runner.take(self._services)
        assert taken is not None
        assert taken.id == job["id"]
        self._job = taken

    def _chunk(self) -> None:
        assert self._job is not None
        runner.run_chunk(self._services, self._job)


def _analyze(services: Services) -> None:
    """What a server does by itself within a minute: its plans are made for tables as they are."""
    with services.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--database", default="")
    parser.add_argument("--comments", type=int, nargs="+", default=[100, 100_000])
    parser.add_argument("--rounds", type=int, default=15)
    add_option(parser)
    options = parser.parse_args()
    set_up_logging("error")
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="rejoinder-bench-"))
        database = stack.enter_context(postgres_server()) if options.database == "own" else options.database
        environ = os.environ | {
            "DATABASE_URL": database or f"sqlite:///{folder}/bench.db",
            "REDIS_URL": f"unix://{folder}/none.sock",
            "REJOINDER_SECRET_KEYS": "only-for-the-benchmark-" + "x" * 32,
        }
        services = wire(Settings.from_environment(environ))
        Base.metadata.create_all(services.engine)
        filled = [fill(services, comments) for comments in options.comments]
        if not services.settings.sqlite:
            _analyze(services)
        measured = Measured(services, options.rounds)
        for one in filled:
            measured.all(one)
        print(
            f"{'':>24}" + "".join(f"{one.key:>10}" for one in filled) + "     ratio   (ms by the clock; of processor)"
        )
        grown: dict[str, Growth] = {}
        for what in filled[0].figures:
            clock = [one.figures[what][0] for one in filled]
            worked = [one.figures[what][1] for one in filled]
            grown[what] = Growth(clock[0], clock[-1])
            print(
                f"{what:>24}" + "".join(f"{figure:10.2f}" for figure in clock) + f"{clock[-1] / clock[0]:10.2f}   "
                + "".join(f"{figure:10.2f}" for figure in worked)
            )  # fmt: skip
        services.close()
    where = f"{options.comments[-1]:,}, {'PostgreSQL' if database else 'SQLite'}"
    # A dry run counts what it finds, up to a bound: of a hundred comments as many, of very many ten thousand.
    dry = {what: growth for what, growth in grown.items() if what.startswith("dry run")}
    longest = max(dry, key=lambda what: dry[what].much)
    bound = f"counts {MOST_COUNTED:,}, or for {COUNT_SECONDS:g} s"
    write_rows(
        options,
        [
            *growth_rows(
                {what: growth for what, growth in grown.items() if what not in dry},
                where,
                f"a thread of {options.comments[0]:,}",
            ),
            Row(f"{where}: the longest {longest}", dry[longest].much, "ms", bound),
        ],
    )


if __name__ == "__main__":
    raise SystemExit(interruptible(main))
