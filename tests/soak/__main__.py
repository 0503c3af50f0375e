"""The fifteen minutes: `python -m tests.soak --minutes 15 --rate 30`, with Debian's PostgreSQL, Redis and nginx."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.postgres_servers import PostgresPair
from tests.servers import RedisServer
from tests.soak import causes
from tests.soak.causes import Run
from tests.soak.installation import PAGE, SITE, Installation
from tests.soak.load import Load
from tests.soak.soak import soak


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--rate", type=float, default=30.0, help="comments a second")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    began = time.monotonic()

    def tell(line: str) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {line}", flush=True)

    with tempfile.TemporaryDirectory(prefix="rejoinder-soak-") as name, RedisServer("redis-server") as redis:
        folder = Path(name)
        folder.chmod(0o755)
        postgres = PostgresPair(folder / "postgres")
        postgres.start()
        installation = Installation(folder, DATABASE_URL=postgres.url, REDIS_URL=redis.url)
        try:
            key = installation.start()
            tell("everything runs")
            load = Load(installation.nginx, SITE, PAGE, key, asked.rate, asked.seed)
            plan = [
                causes.KILL_A_WORKER,
                causes.KILL_A_WEB,
                causes.HANG_A_WEB,
                causes.FLUSH_REDIS,
                causes.FILL_REDIS,
                causes.ROLLING_RESTART,
                causes.PROMOTE,
            ]
            result = soak(Run(installation, postgres), load, plan, asked.minutes * 60, tell)
            result.problems += installation.stop()
        finally:
            installation.stop()
            postgres.stop()
    print("\n".join(result.lines))
    return 1 if result.problems else 0


if __name__ == "__main__":
    sys.exit(main())
