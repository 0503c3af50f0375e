import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

import click

from service.cli.heaps import use_one_heap
from service.cli.installation import Installation, on_installation
from service.errors import Misconfigured

if TYPE_CHECKING:
    from service.wiring import Services

# What one worker process does, each in a thread of its own. The moderation worker brings its reader and its slow
# lane along.
LOOPS: tuple[tuple[str, str], ...] = (
    ("moderation", "service.moderation.judging.worker:run"),
    ("watch", "service.moderation.watchdog.watchdog:run"),
    ("sweep", "service.moderation.outbox.sweep:run"),
    ("jobs", "service.moderation.jobs.runner:run"),
    ("learning", "service.moderation.learning.nightly:run"),
    ("deliveries", "service.mail.sender:run_sender"),
)

# Longer than two batches of comments or one mail take, shorter than what stops us waits.
LAST_BATCH_SECONDS = 12.0

Loop = Callable[["Services", threading.Event], None]


@click.command()
@click.option("--metrics-port", type=click.IntRange(1, 65535), help="Serve Prometheus metrics there.")
@click.option("--metrics-host", default="127.0.0.1", show_default=True)
@on_installation
def worker(installation: Installation, metrics_port: int | None, metrics_host: str) -> None:
    """Run the moderation worker with its slow lane, the sweep, jobs and the mail sender until SIGTERM.

    Several may run at once. SIGTERM finishes the batch in hand; a kill loses nothing.
    """
    use_one_heap()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with installation.services(serving=True, role="worker") as services:
        from service import tracing
        from service.moderation.watchdog import watchdog
        from service.telemetry import set_up_logging

        set_up_logging(services.settings.log_level)
        if metrics_port:
            _serve_metrics(services, metrics_host, metrics_port)
        if services.settings.tracing:
            tracing.start("worker")
        watchdog.arm()
        loops = {name: _load(place) for name, place in LOOPS}
        # Not before: on a busy machine, loading all of it would take a minute. The loops' threads come after it, and
        # go as it goes.
        give_way(services.settings.worker_nice)
        try:
            work(services, stop, loops)
        finally:
            tracing.stop()


def give_way(nice: int) -> None:
    """Lets other processes of this machine go first where there is not enough time for all: judging can wait for a
    moment, who has sent a comment cannot.

    A floor stays: with 5 this process gets a third of what one of theirs gets, so nothing waits for good.
    """
    # A service manager may have said more, or forbid us to say anything.
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, max(nice, os.getpriority(os.PRIO_PROCESS, 0)))
    # Where Linux shares between sessions first (sched(7), autogroups), a number within one of our own changes nothing.
    if nice and os.getsid(0) == os.getpid():
        with suppress(OSError), open("/proc/self/autogroup", "w") as autogroup:
            autogroup.write(str(nice))


def work(services: "Services", stop: threading.Event, loops: Mapping[str, Loop]) -> None:
    """Runs the loops until `stop` is set and every one has ended; raises Misconfigured when one failed or hangs.

    A loop that raises ends the process, after the others have finished what they hold: whoever started it starts
    it again, and a fresh process is the only state that is known to be good.
    """
    from service.telemetry import logger
    from service.web_server.readiness_notice import notify

    failed: list[str] = []

    def run(name: str, loop: Loop) -> None:
        try:
            loop(services, stop)
        except Exception as error:
            logger(__name__).error("loop_failed", loop=name, exc_info=error)
            failed.append(name)
            stop.set()

    threads = [threading.Thread(target=run, args=entry, name=entry[0], daemon=True) for entry in loops.items()]
    for thread in threads:
        thread.start()
    notify("READY=1")
    stop.wait()
    notify("STOPPING=1")
    deadline = time.monotonic() + LAST_BATCH_SECONDS
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    stuck = [thread.name for thread in threads if thread.is_alive()]
    if failed:
        raise Misconfigured(f"{failed[0]} failed; the log says how, nothing is lost")
    if stuck:
        raise Misconfigured(f"{', '.join(stuck)} did not stop in time; nothing is lost, the work is done again")


def _load(place: str) -> Loop:
    module, _, name = place.partition(":")
    loop: Loop = getattr(import_module(module), name)
    return loop


def _serve_metrics(services: "Services", host: str, port: int) -> None:
    from service.operations import metrics_application
    from service.web_server.metrics_listener import metrics_server

    try:
        server = metrics_server(metrics_application(services), services.settings, host, port)
    except OSError as error:
        raise Misconfigured(f"cannot serve metrics on {host} port {port}: {error.strerror}") from None
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
