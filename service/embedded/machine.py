"""Everything on one machine, in order: folder, locks, Valkey, migrations, web and worker, then the addresses."""

import http.client
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from service.embedded import folder, valkey
from service.embedded.folder import CannotStart
from service.embedded.port import claim_port, warning_about
from service.embedded.roles import fresh_folder_for_metrics, web_command, with_metrics_listener, worker_command
from service.embedded.supervisor import Program, Stopped, Supervisor

if TYPE_CHECKING:
    from service.settings import Settings

# A straggler of a killed run is made to stop after five seconds.
STRAGGLERS_SECONDS = 12.0
# A large append-only file takes a while to load; a web server does not take this long on any machine.
VALKEY_SECONDS = 120.0
WEB_SECONDS = 60.0
METRICS_HOST = "127.0.0.1"

# The two URLs belong to production; this mode brings its own.
NOT_OURS = ("DATABASE_URL", "REDIS_URL")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What the operator asked for. `port` 0 takes any free one."""

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8000
    demo: bool = True
    mail_dir: Path | None = None
    metrics_port: int | None = None
    stop_with_parent: bool = False


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where people go. `sign_in` works once, for 15 minutes. `mails`, `metrics`: where they go or are, in words; empty
    where there are none."""

    desk: str
    demo: str | None
    sign_in: str
    mails: str
    metrics: str


@dataclass(frozen=True, slots=True)
class RunReporter:
    """How the run speaks: what it is doing, that something unusual happened, and that it is ready."""

    step: Callable[[str], None]
    say: Callable[[str], None]
    ready: Callable[[Addresses], None]


def run_machine(wishes: RunOptions, environ: Mapping[str, str], voice: RunReporter) -> None:
    """Runs until SIGINT, SIGTERM or SIGHUP; then everything has stopped. Raises CannotStart with one line."""
    # Whatever any of the processes writes is its owner's alone.
    os.umask(0o077)
    data_dir = folder.prepare_folder(wishes.data_dir)
    locks = folder.lock_folder(
        data_dir,
        patience=STRAGGLERS_SECONDS,
        waiting=lambda: voice.step("Waiting for the last run's processes to stop"),
    )
    port = claim_port(wishes.host, wishes.port)
    if warning := warning_about(wishes.host):
        voice.say(warning)
    if wishes.metrics_port:
        claim_port(METRICS_HOST, wishes.metrics_port, "--metrics-port")
    children = _children_environment(wishes, environ, data_dir, port)
    if not children.get("REJOINDER_SECRET_KEYS"):
        folder.ensure_secrets(data_dir)
    parent = os.getppid()
    supervisor = Supervisor(
        say=voice.say,
        keep_open=(locks.children,),
        still_wanted=lambda: not wishes.stop_with_parent or os.getppid() == parent,
    )
    with _signals_stop(supervisor):
        try:
            _start(supervisor, wishes, children, port, voice)
            supervisor.run()
        except Stopped:
            return
        finally:
            voice.step("Stopping")
            supervisor.stop()
            valkey.remove_socket(data_dir)
            os.close(locks.children)
            os.close(locks.supervisor)


def _start(supervisor: Supervisor, wishes: RunOptions, environ: dict[str, str], port: int, voice: RunReporter) -> None:
    data_dir = Path(environ["DATA_DIR"])
    voice.step("Starting the queue")
    socket = valkey.place_socket(data_dir)
    valkey.rotate_log(data_dir)
    command = [str(valkey.binary()), str(valkey.write_config(data_dir, socket))]
    supervisor.start(Program("Valkey", command, environ, outlasts=True))

    # Imported while the queue starts: these are the heavy ones.
    from service.embedded.first_run import SetUp, prepare
    from service.settings import Settings
    from service.wiring import wire

    services = wire(Settings.from_environment(environ))
    try:
        try:
            supervisor.wait_for(lambda: _answers(services.slow_redis.ping), what="Valkey", seconds=VALKEY_SECONDS)
        except CannotStart as error:
            words = valkey.last_log_line(data_dir)
            raise CannotStart(f"{error}" + (f"; it says: {words}" if words else "")) from None
        voice.step("Preparing the database")
        prepared: SetUp = prepare(services, demo_port=port if wishes.demo else None)
    finally:
        services.close()
    voice.step("Starting the web server and the worker")
    web = web_command(host=wishes.host, port=port, log_level=environ["REJOINDER_LOG_LEVEL"])
    supervisor.start(Program("the web server", web, environ))
    supervisor.start(Program("the worker", worker_command(), environ))
    host = _reachable(wishes.host)
    supervisor.wait_for(lambda: _is_ready(host, port), what="the web server", seconds=WEB_SECONDS)
    public_url = services.settings.public_url
    folder.remember_running(data_dir, public_url=public_url, settings=folder.settings_given(environ))
    voice.ready(
        Addresses(
            desk=f"{public_url}/moderate/",
            demo=f"http://localhost:{port}/demo/" if wishes.demo else None,
            sign_in=prepared.sign_in,
            mails=where_mails_go(services.settings),
            metrics=where_metrics_are(services.settings),
        )
    )


def where_mails_go(settings: "Settings") -> str:
    """For people; empty where none are sent."""
    if settings.mail_dir is not None:
        return f"kept as .eml files in {settings.mail_dir.absolute()}"
    # Of the URL only the host: it may hold a password.
    return f"sent by {urlsplit(settings.smtp_url).hostname}" if settings.smtp_url else ""


def where_metrics_are(settings: "Settings") -> str:
    """For people; empty where nobody can fetch any."""
    found = []
    if settings.metrics_listener is not None:
        host, port = settings.metrics_listener
        host = _reachable(host)
        found.append(f"http://[{host}]:{port}/metrics" if ":" in host else f"http://{host}:{port}/metrics")
    if settings.metrics_public:
        found.append(f"{settings.public_url}/metrics, for everybody")
    return " and ".join(found)


def _children_environment(wishes: RunOptions, environ: Mapping[str, str], data_dir: Path, port: int) -> dict[str, str]:
    children = {name: value for name, value in environ.items() if name not in NOT_OURS}
    children["DATA_DIR"] = str(data_dir)
    children["PROMETHEUS_MULTIPROC_DIR"] = fresh_folder_for_metrics(data_dir / "metrics")
    if wishes.metrics_port:
        setting = children.get("REJOINDER_METRICS")
        children["REJOINDER_METRICS"] = with_metrics_listener(setting, METRICS_HOST, wishes.metrics_port)
    if not children.get("REJOINDER_PUBLIC_URL"):
        host = _reachable(wishes.host)
        children["REJOINDER_PUBLIC_URL"] = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    # The terminal belongs to the addresses; whoever wants to read along says so.
    children["REJOINDER_LOG_LEVEL"] = children.get("REJOINDER_LOG_LEVEL") or "warning"
    if wishes.mail_dir is not None:
        children["REJOINDER_MAIL_DIR"] = str(folder.prepare_folder(wishes.mail_dir))
    return children


def _reachable(host: str) -> str:
    """An address that a browser on this machine can open, for one that listens everywhere."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1", "localhost": "127.0.0.1"}.get(host, host)  # noqa: S104


def _answers(ping: Callable[[], object]) -> bool:
    from redis.exceptions import RedisError

    try:
        return bool(ping())
    except (RedisError, OSError):  # Not listening yet, or still loading its file.
        return False


def _is_ready(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=2.0)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def _signals_stop(supervisor: Supervisor) -> Iterator[None]:
    def ask(_number: int, _frame: FrameType | None) -> None:
        supervisor.ask_to_stop()

    # Under nohup the end of the terminal is not the end of the run.
    hang_up = () if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (signal.SIGHUP,)
    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM, *hang_up)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
