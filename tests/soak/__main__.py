"""The fifteen minutes: `python -m tests.soak --minutes 15 --rate 30`, with Debian's PostgreSQL, Redis and nginx.

`--earlier` names the `rejoinder` program of an earlier release: the run begins with it and is upgraded in the middle.
"""

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.postgres_servers import PostgresPair
from tests.soak import causes
from tests.soak.causes import Cause, Run
from tests.soak.installation import PAGE, SITE, Installation
from tests.soak.load import Load
from tests.soak.soak import soak
from tests.topologies.redis_cluster import cluster
from tests.topologies.redis_sentinels import sentinels


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--rate", type=float, default=30.0, help="comments a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--earlier", type=Path, metavar="PROGRAM", help="begin with this release's `rejoinder`")
    parser.add_argument("--folder", type=Path, help="keep logs there; a new folder by default, gone afterwards")
    asked = parser.parse_args()
    began = time.monotonic()

    def tell(line: str) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {line}", flush=True)

    with ExitStack() as stack:
        name = asked.folder or stack.enter_context(tempfile.TemporaryDirectory(prefix="rejoinder-soak-"))
        folder = Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        # PostgreSQL runs as another account.
        folder.chmod(0o755)
        watched = stack.enter_context(sentinels())
        sharded = stack.enter_context(cluster())
        postgres = PostgresPair(folder / "postgres")
        stack.callback(postgres.stop)
        postgres.start()
        environ = {"DATABASE_URL": postgres.url, "REDIS_URL": watched.url}
        if asked.earlier:
            # It knows one server of each.
            environ = {"DATABASE_URL": postgres.first.url, "REDIS_URL": f"redis://127.0.0.1:{watched.master().port}"}
        installation = Installation(folder, asked.earlier, **environ)
        stack.callback(installation.stop)
        key = installation.start()
        tell("everything runs")
        load = Load(installation.nginx, SITE, PAGE, key, asked.rate, asked.seed)
        release = Path(sys.executable).with_name("rejoinder")
        run = Run(installation, postgres, watched, sharded, release)
        result = soak(run, load, _plan(upgraded=bool(asked.earlier)), asked.minutes * 60, tell)
        result.problems += installation.stop()
    print("\n".join(result.lines))
    return 1 if result.problems else 0


def _plan(*, upgraded: bool) -> list[Cause]:
    return [
        causes.KILL_A_WORKER,
        causes.KILL_A_WEB,
        causes.FLUSH_REDIS,
        causes.FILL_REDIS,
        causes.UPGRADE if upgraded else causes.ROLLING_RESTART,
        causes.HANG_A_WEB,
        causes.SENTINEL_FAILOVER,
        causes.PROMOTE,
        causes.MOVE_TO_THE_CLUSTER,
        causes.CLUSTER_FAILOVER,
        causes.RESHARD,
        causes.ROLLING_RESTART,
    ]


if __name__ == "__main__":
    sys.exit(main())
