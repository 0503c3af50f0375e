"""How fast everything else is served that readers' browsers ask for, each against the same bytes as a file of nginx's.

    python -m benchmarks.readers.addresses [--seconds 3] [--rounds 3]

Needs `wrk` and nginx. The service has two processes, as production has; the addresses take turns within each round, and
each is asked for at both servers one after the other. All with gzip and without an ETag, but for the last one.

counts         how many comments 20 threads have, as a front page asks
script         the widget's script
part           the largest module that it loads when it is needed
counts.js      the script of front pages
plain page     the page that works without JavaScript, of 50 comments: it carries a form of its own for each reader
script, 304    a browser that has the script asks whether it is still the same
"""

import argparse
import shutil
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks import report
from benchmarks.read import PATH, Server, fill, get, granian, reading_environment, wrk
from benchmarks.servers.nginx import nginx, nginx_binary
from benchmarks.servers.processes import cpu_seconds, interruptible
from service.settings import Settings
from service.telemetry import set_up_logging
from service.widget.assets import CONTRACT, parts, parts_version
from service.wiring import wire

COMMENTS, THREADS = 50, 20


def addresses() -> dict[str, str]:
    """What is asked for, by its name."""
    largest = max(parts(), key=lambda name: len(parts()[name].gzipped))
    return {
        "counts": "/api/v1/sites/bench/counts?" + "&".join(f"thread={n}" for n in range(1, THREADS + 1)),
        "script": "/widget.js",
        "part": f"/parts/{CONTRACT}.{parts_version()}/{largest}.js",
        "counts.js": "/counts.js",
        "plain page": "/embed/bench?thread=1&page_url=http://news.test/1",
    }


SAID = {
    "counts": f"how many comments {THREADS} articles have",
    "script": "the widget's script",
    "script, 304": "the widget's script, unchanged (304)",
    "part": "the largest part that the widget loads later",
    "counts.js": "the script that shows counts on a front page",
    "plain page": f"the page without JavaScript, of {COMMENTS} comments",
}


def main() -> int:
    assert __doc__
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--warm-seconds", type=int, default=1, help="before each of them, not counted")
    parser.add_argument("--rounds", type=int, default=3)
    report.add_option(parser)
    asked = parser.parse_args()
    if shutil.which("wrk") is None or nginx_binary() is None:
        print("wrk or nginx is not installed (Debian: apt-get install wrk nginx)", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="rejoinder-bench-") as name, ExitStack() as running:
        folder = Path(name)
        environ = reading_environment(folder)
        set_up_logging("error")
        services = wire(Settings.from_environment(environ))
        fill(services, COMMENTS)
        services.close()
        service = running.enter_context(granian("service.app:from_environment", environ))
        base = service.url.removesuffix(PATH)
        front = running.enter_context(nginx(folder, b"", int(base.rpartition(":")[2]), base.removeprefix("http://")))
        # What each is asked for, ours and nginx's, with the ETag of each.
        pairs: dict[str, tuple[tuple[Server, str], tuple[Server, str]]] = {}
        for way, path in addresses().items():
            status, tag, body = get(base + path)
            if status != 200:
                raise RuntimeError(f"{status} for {path}")
            (folder / way).write_bytes(body)
            ours = Server(base + path, service.pids)
            theirs = Server(front.static.replace("/document", f"/{way.replace(' ', '%20')}"), (front.pid,))
            pairs[way] = (ours, ""), (theirs, "")
            if way == "script":
                pairs["script, 304"] = (ours, tag), (theirs, get(theirs.url)[1])
        rates: dict[str, tuple[list[float], list[float]]] = {way: ([], []) for way in pairs}
        costs: dict[str, list[float]] = {way: [] for way in pairs}
        for _ in range(asked.rounds):
            for way, both in pairs.items():
                for found, (server, tag) in zip(rates[way], both, strict=True):
                    if asked.warm_seconds:
                        wrk(server.url, asked.warm_seconds, tag)
                    before = sum(map(cpu_seconds, server.pids))
                    rate, count = wrk(server.url, asked.seconds, tag)
                    found.append(rate)
                    if server.pids == service.pids:
                        costs[way].append((sum(map(cpu_seconds, server.pids)) - before) / max(1, count) * 1e6)
    rows: list[report.Row] = []
    for way, (ours_found, theirs_found) in rates.items():
        rate, ratio = statistics.median(ours_found), statistics.median(ours_found) / statistics.median(theirs_found)
        cost = statistics.median(costs[way])
        print(f"{way:<12} {rate:9,.0f} requests/s {cost:9.1f} µs each   {ratio:.2f} of nginx's file")
        rows.append(report.Row(SAID[way], rate, "/s", "nginx's file", ratio).of(ours_found))
    report.write_rows(asked, rows)
    return 0


if __name__ == "__main__":
    raise SystemExit(interruptible(main))
