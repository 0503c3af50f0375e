"""How many comments a second one web process takes in: commits shared by groups against a commit for each comment.

    python -m benchmarks.intake [--comments 2000] [--rounds 3] [--threads 16] [--database URL]

Real parts: the whole way from the request to the committed row and the stream, the embedded Valkey, SQLite with
`synchronous=FULL` (or an empty PostgreSQL by --database). The ways take turns within each round, and only the medians
of one run may be compared with each other.
"""

import argparse
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import patch

import msgspec

from models import Base, Mode, Site, SiteSettings, new_id
from service.app import create_app
from service.intake import group_commit
from service.settings import Settings
from service.telemetry import set_up_logging
from service.wiring import Services, wire
from tests.servers import RedisServer, valkey_binary

WAYS = {"a commit each": 1, "shared commits": group_commit.GROUP}


def _services(database: str, redis: str) -> Services:
    set_up_logging("error")
    environ = {
        "DATABASE_URL": database,
        "REDIS_URL": redis,
        "REJOINDER_SECRET_KEYS": "only-for-this-benchmark-0123456789",
        "REJOINDER_SUBMIT_LIMIT": "off",
        "REJOINDER_DNS": "off",
    }
    services = wire(Settings.from_environment(environ))
    Base.metadata.drop_all(services.engine)
    Base.metadata.create_all(services.engine)
    with services.write() as session:
        session.add(
            Site(
                id=new_id(),
                slug="bench",
                name="Bench",
                origins=["http://news.test"],
                settings_json=msgspec.to_builtins(SiteSettings(mode=Mode.AUTOMATIC)),
                created_at=services.clock.now(),
            )
        )
    return services


def _rate(services: Services, comments: int, threads: int) -> float:
    """Comments a second, from the first request to the last answer."""
    app = create_app(services, rooms=("service.intake.routes",))

    def post(n: int) -> None:
        body = {
            "thread": str(n % 20),
            "page_url": "http://news.test/story",
            "name": "Ada",
            "email": f"reader{n}@example.com",
            "body": f"Remark number {n}, of an ordinary length for a remark.",
        }
        answer = app.test_client().post("/api/v1/sites/bench/comments", json=body)
        if answer.status_code != 202:
            raise RuntimeError(answer.text)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(post, range(threads)))
        began = time.perf_counter()
        list(pool.map(post, range(comments)))
        return comments / (time.perf_counter() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--comments", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--database", default="")
    asked = parser.parse_args()
    rates: dict[str, list[float]] = {way: [] for way in WAYS}
    redis = RedisServer(valkey_binary())
    redis.start()
    with tempfile.TemporaryDirectory() as folder:
        for n in range(asked.rounds):
            for way, group in WAYS.items():
                database = asked.database or f"sqlite:///{Path(folder) / f'{n}-{group}.db'}"
                services = _services(database, redis.url)
                with patch.object(group_commit, "GROUP", group):
                    rates[way].append(_rate(services, asked.comments, asked.threads))
                services.close()
    redis.stop()
    base = statistics.median(rates["a commit each"])
    for way, found in rates.items():
        middle = statistics.median(found)
        print(f"{way:15} {middle:8.0f} comments/s   {middle / base:5.2f}")


if __name__ == "__main__":
    main()
