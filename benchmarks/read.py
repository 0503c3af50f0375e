"""How fast readers are served: the shortcut against Flask's view of the same document, and against a fixed answer.

    python benchmarks/read.py [--comments 100] [--seconds 4] [--rounds 3]

Needs `wrk`. Every way is served by granian with two processes; the ways take turns within each
round, and only the medians of one run may be compared with each other. Nothing is written outside a temporary folder.
"""

import argparse
import contextlib
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from models import Base, Comment, CommentVersion, Site, Status, Thread, WriterChain, new_id
from service.app import THREADS, create_app, entrance
from service.bodies import Answer, Entrance, Environ
from service.markup import render
from service.publishing.documents import Documents
from service.publishing.query import PageQuery
from service.settings import Settings
from service.telemetry import set_up_logging
from service.wiring import Services, wire

PATH = "/api/v1/sites/bench/comments?thread=1&limit=200"
ROOMS = ("service.publishing.routes",)
TEXT = "A remark of the usual length, with *one* emphasis and a link: https://news.test/{n}. " * 3


def _services() -> Services:
    set_up_logging("error")
    return wire(Settings.from_environment(os.environ))


def shortcut() -> Entrance:
    """What production serves."""
    return entrance(_services())


def flask_only() -> Entrance:
    """The same view without the shortcut in front."""
    return Entrance(create_app(_services(), ROOMS), lambda environ: "", threads=THREADS)


def fixed() -> Entrance:
    """The same bytes from a constant: the most that this server can do with Python behind it."""
    rendered = Documents(_services()).page("bench", "1", PageQuery(limit=200))

    def answer(environ: Environ) -> Answer:
        return rendered.answer("GET", environ.get("HTTP_ACCEPT_ENCODING", ""), "")

    return Entrance(lambda _environ, _start: (), lambda environ: "", threads=1, at_once=answer)


WAYS = ("shortcut", "flask_only", "fixed")


def fill(services: Services, comments: int) -> None:
    """One site with one thread; every third comment is a reply."""
    Base.metadata.create_all(services.engine)
    now = services.clock.now()
    site, thread, chain = new_id(), new_id(), new_id()
    ids = [new_id() for _ in range(comments)]
    with services.write() as session:
        session.add(Site(id=site, slug="bench", name="Bench", origins=[], settings_json={}, created_at=now))
        session.flush()
        session.add(WriterChain(id=chain, site_id=site, avatar_seed="seed", created_at=now))
        session.add(
            Thread(id=thread, site_id=site, key="1", url="http://news.test/1", created_at=now, published_count=comments)
        )
        session.flush()
        for at, comment_id in enumerate(ids):
            session.add(
                Comment(
                    id=comment_id,
                    site_id=site,
                    thread_id=thread,
                    parent_id=ids[at - 1] if at % 3 == 1 else None,
                    chain_id=chain,
                    status=Status.APPROVED,
                    name=f"Reader {at}",
                    published_version=1,
                    was_published=True,
                    fingerprint=b"0" * 16,
                    created_at=now,
                    sent_at=now,
                )
            )
        session.flush()
        for at, comment_id in enumerate(ids):
            text = TEXT.format(n=at)
            html, renderer = render(text)
            session.add(
                CommentVersion(comment_id=comment_id, n=1, text=text, html=html, renderer=renderer, created_at=now)
            )


@contextlib.contextmanager
def serving(way: str, environ: dict[str, str]) -> Iterator[str]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "rsgi",
        "--factory",
        "--http",
        "1",
        "--log-level",
        "error",
    ]
    command += ["--port", str(port), "--workers", "2", f"benchmarks.read:{way}"]
    server = subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}{PATH}"
    try:
        for _ in range(200):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(url, timeout=5).read()
                break
            time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait(10)


def measure(url: str, seconds: int) -> float:
    """Requests a second; raises RuntimeError when any answer was not good."""
    command = ["wrk", "-t1", "-c32", f"-d{seconds}s", "-H", "Accept-Encoding: gzip", url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    if found is None or "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(said)
    return float(found[1])


def rebuild_ms(services: Services) -> float:
    """Milliseconds to build the document anew, compression included."""
    times = []
    for _ in range(30):
        documents = Documents(services)
        began = time.perf_counter()
        documents.page("bench", "1", PageQuery(limit=200))
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--comments", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        print("wrk is not installed (Debian: apt-get install wrk)", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="rejoinder-bench-") as folder:
        environ = os.environ | {
            "DATABASE_URL": f"sqlite:///{folder}/bench.db",
            # No Redis: wakes don't come, documents are renewed by their version alone.
            "REDIS_URL": f"unix://{folder}/none.sock",
            "REJOINDER_SECRET_KEYS": "only-for-the-benchmark-" + "x" * 32,
            "REJOINDER_LOG_LEVEL": "error",
            "PYTHONPATH": str(Path(__file__).parents[1]),
        }
        set_up_logging("error")
        services = wire(Settings.from_environment(environ))
        fill(services, options.comments)
        print(f"rebuild of a {options.comments}-comment document: {rebuild_ms(services):.2f} ms")
        results: dict[str, list[float]] = {way: [] for way in WAYS}
        for _ in range(options.rounds):
            for way in WAYS:
                with serving(way, environ) as url:
                    measure(url, 1)
                    results[way].append(measure(url, options.seconds))
        services.close()
    medians = {way: statistics.median(found) for way, found in results.items()}
    for way, found in medians.items():
        print(f"{way:<11} {found:9,.0f} requests/s   {found / medians['fixed']:.2f} of fixed")
    print(f"shortcut is {medians['shortcut'] / medians['flask_only']:.1f} times Flask's view")
    return 0


if __name__ == "__main__":
    sys.exit(main())
