"""What comments cost an article's reader: bytes, requests, blocking, layout shift and waiting, from Chromium's traces.

    python -m benchmarks.browser.loading [--comments 100] [--loads 10] [--latencies 20,400,2000] [--without-isso]

Debian's chromium as a phone of 360 by 740 pixels whose processor is four times as slow as this one, which is what
Lighthouse takes for a phone. Each answer is so many milliseconds later (CDP Network.emulateNetworkConditions; the run
fails where an answer of any origin came sooner). The same article without comments, with 100 of ours and with 100 of
Isso's (from PyPI, behind an nginx that compresses; left out where it cannot be had) take turns; each is loaded with an
empty cache (cold) and then once more (warm). `rejoinder web` as production runs it. Of several loads: medians, and what
95 of 100 stay within. A load ends when comments and form stand there and nothing is on its way any more.
"""

import argparse
import math
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from benchmarks import report
from benchmarks.browser.articles import articles, newspaper
from benchmarks.browser.traces import CATEGORIES, Load, of_load, stop
from benchmarks.read import fill, fill_isso, granian, reading_environment
from benchmarks.servers.nginx import compressing, nginx_binary
from benchmarks.servers.peers import isso_server
from benchmarks.servers.processes import free_port, interruptible
from service.settings import Settings
from service.telemetry import set_up_logging
from service.wiring import wire
from tests.environment import CHROMIUM_FLAGS, chromium

PHONE = {"width": 360, "height": 740}
SLOWER = 4
# What the script may weigh at first, and what may move.
SCRIPT_KB, SHIFT = 8.0, 0.02

# By service, latency and whether the cache was warm.
Loads = Mapping[tuple[str, int, str], Sequence[Load]]


def load(browser: Browser, context: BrowserContext, url: str, origins: Sequence[str], latency: int) -> Load:
    """One load in a tab of its own. Raises RuntimeError where an answer came sooner than the latency allows."""
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    conditions = {"offline": False, "latency": latency, "downloadThroughput": -1, "uploadThroughput": -1}
    devtools.send("Network.emulateNetworkConditions", conditions)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    browser.start_tracing(page=page, categories=list(CATEGORIES))
    page.goto(url, wait_until="commit", timeout=60_000)
    page.wait_for_function("window.shown", polling=100, timeout=120_000)
    page.wait_for_load_state("networkidle", timeout=60_000)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    shown = float(page.evaluate("window.shown"))
    found = of_load(stop(browser), origins, shown)
    page.close()
    if found.shortest_ms < latency:
        raise RuntimeError(f"an answer came within {found.shortest_ms:.0f} ms, at a latency of {latency}")
    return found


def measure(
    browser: Browser, paper: str, services: Mapping[str, str], loads: int, latencies: Sequence[int]
) -> Mapping[tuple[str, int, str], list[Load]]:
    """`services`: the origins of each one's article, by its name."""
    found: dict[tuple[str, int, str], list[Load]] = defaultdict(list)
    for latency in latencies:
        for _ in range(loads):
            for name, origin in services.items():
                context = browser.new_context(viewport=PHONE, device_scale_factor=2, is_mobile=True, has_touch=True)  # type: ignore[arg-type]
                for cache in ("cold", "warm"):
                    origins = [paper, *filter(None, [origin])]
                    found[name, latency, cache].append(load(browser, context, f"{paper}/{name}", origins, latency))
                context.close()
    return found


def p95(values: Sequence[float]) -> float:
    """What 95 of 100 stay within (the nearest rank: of ten, the largest)."""
    return sorted(values)[math.ceil(len(values) * 0.95) - 1]


def print_table(found: Loads) -> None:
    print(f"{'page':<10}{'latency':>8} {'cache':<5}{'requests':>9}{'kB':>8}{'script':>8}", end="")
    print(f"{'busy ms':>16}{'blocking ms':>16}{'shift':>16}{'shown ms':>16}   (median / 95 of 100)")
    for (name, latency, cache), loads in found.items():
        first = [statistics.median(values) for values in _columns(loads)]
        last = [p95(values) for values in _columns(loads)]
        print(
            f"{name:<10}{latency:>8} {cache:<5}{first[0]:>9.0f}{first[1] / 1000:>8.1f}{first[2] / 1000:>8.1f}", end=""
        )
        for n, digits in ((3, 0), (4, 0), (5, 4), (6, 0)):
            print(f"{first[n]:>8.{digits}f}/{last[n]:<7.{digits}f}", end="")
        print()


def _columns(loads: Sequence[Load]) -> Iterator[list[float]]:
    for name in ("requests", "bytes", "script_bytes", "busy_ms", "blocking_ms", "shift", "shown_ms"):
        yield [float(getattr(one, name)) for one in loads]


def rows(found: Loads, latencies: Sequence[int]) -> Iterator[report.Row]:
    """What our comments add to the article, by medians, against what Isso's add."""
    first = latencies[0]
    has_isso = ("isso", first, "cold") in found

    def added(name: str, figure: str, latency: int, cache: str) -> float:
        of = [statistics.median(getattr(one, figure) for one in found[page, latency, cache]) for page in (name, "none")]
        return of[0] - of[1]

    def row(what: str, figure: str, unit: str, latency: int, cache: str, scale: float = 1) -> report.Row:
        ours = added("rejoinder", figure, latency, cache)
        theirs = added("isso", figure, latency, cache) if has_isso else 0.0
        if theirs <= 0:
            return report.Row(what, ours / scale, unit)
        return report.Row(what, ours / scale, unit, "Isso", max(ours, 0.0) / theirs, 1.0, at_most=True)

    def script(name: str) -> float:
        return max(one.script_bytes for one in found[name, first, "cold"]) / 1000

    other = f"Isso: {script('isso'):.3g}" if has_isso else ""
    yield report.Row("script and styles at first, gzip", script("rejoinder"), "kB", other, None, SCRIPT_KB, True)
    yield row("all that is loaded, cold cache", "bytes", "kB", first, "cold", 1000)
    yield row("all that is loaded, warm cache", "bytes", "kB", first, "warm", 1000)
    yield row("requests, cold cache", "requests", "", first, "cold")
    yield row("main thread busy, cold cache", "busy_ms", "ms", first, "cold")
    yield row("main thread blocked, cold cache", "blocking_ms", "ms", first, "cold")
    for latency in latencies:
        for cache in ("cold", "warm"):
            what = f"until comments stand there, answers {latency:,} ms late, {cache} cache"
            yield row(what, "shown_ms", "ms", latency, cache)
    worst = max(one.shift for (name, _, _), loads in found.items() if name == "rejoinder" for one in loads)
    yield report.Row("layout shift (CLS), the worst load of all", worst, "", bar=SHIFT, at_most=True)


def main() -> int:
    assert __doc__
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--comments", type=int, default=100)
    parser.add_argument("--loads", type=int, default=10)
    parser.add_argument("--latencies", type=lambda text: [int(one) for one in text.split(",")], default=[20, 400, 2000])
    parser.add_argument("--without-isso", action="store_true")
    report.add_option(parser)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rejoinder-bench-") as name, ExitStack() as running:
        folder = Path(name)
        environ = reading_environment(folder)
        set_up_logging("error")
        services = wire(Settings.from_environment(environ))
        fill(services, asked.comments)
        services.close()
        ours = "http://" + urlsplit(running.enter_context(granian("service.app:from_environment", environ)).url).netloc
        port = free_port()
        isso = None
        if not asked.without_isso and nginx_binary() is not None:
            theirs = running.enter_context(isso_server(folder, f"http://localhost:{port}"))
            if theirs is not None:
                fill_isso(theirs[0], asked.comments)
                isso = running.enter_context(compressing(folder, theirs[0], "/info"))
        pages = articles(ours, isso, asked.comments)
        paper = running.enter_context(newspaper(port, pages))
        playwright = running.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        running.callback(browser.close)
        origins = {"none": "", "rejoinder": ours, "isso": isso or ""}
        found = measure(browser, paper, {one: origins[one] for one in pages}, asked.loads, asked.latencies)
    print_table(found)
    report.write_rows(asked, rows(found, asked.latencies))
    return 0


if __name__ == "__main__":
    raise SystemExit(interruptible(main))
