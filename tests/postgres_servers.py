"""A PostgreSQL primary and a standby that follows it; the standby can take over."""

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import psycopg

from tests.environment import free_port, unavailable
from tests.waiting import wait_until

# The standby confirms each commit: a promoted one has every comment that was answered.
_SETTINGS = (
    "listen_addresses=127.0.0.1",
    "wal_level=replica",
    "max_wal_senders=4",
    "hot_standby=on",
    "max_connections=100",
    "synchronous_commit=on",
)


def programs() -> Path:
    """The folder of the newest PostgreSQL's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        unavailable("PostgreSQL")
    return found[-1].parent


class PostgresServer:
    """One server over one folder. Its account is `rejoinder`, trusted on this machine's own address."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._as_user: list[str] = []
        folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            # It refuses to run as root; `runuser` lends it an account that Debian's package made.
            self._as_user = ["runuser", "-u", "postgres", "--"]
            shutil.chown(folder, "postgres", "postgres")

    @property
    def url(self) -> str:
        return f"postgresql://rejoinder@127.0.0.1:{self.port}/rejoinder?connect_timeout=3"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def make(self) -> None:
        """A new, empty primary."""
        self._run("initdb", "-D", str(self.data), "-U", "rejoinder", "-A", "trust", "-E", "UTF8", "--locale=C")

    def follow(self, primary: "PostgresServer") -> None:
        """Becomes a copy of the primary that goes on receiving what is written there."""
        source = ["-h", "127.0.0.1", "-p", str(primary.port), "-U", "rejoinder"]
        self._run("pg_basebackup", *source, "-D", str(self.data), "-R", "-X", "stream", "-c", "fast")

    def start(self, *settings: str) -> None:
        options = " ".join(f'-c "{setting}"' for setting in (*_SETTINGS, *settings, f"port={self.port}"))
        options += f' -c "unix_socket_directories={self.folder}"'
        self._run("pg_ctl", "-D", str(self.data), "-o", options, "-l", str(self.folder / "log"), "-w", "start")

    def stop(self, mode: str = "fast") -> None:
        """`mode`: `fast` as an operator does, `immediate` as a power cut would."""
        self._run("pg_ctl", "-D", str(self.data), "-m", mode, "-w", "stop", check=False)

    def promote(self) -> None:
        self._run("pg_ctl", "-D", str(self.data), "-w", "promote")

    def ask(self, statement: str) -> list[tuple[object, ...]]:
        address = {"host": "127.0.0.1", "port": self.port, "user": "rejoinder", "dbname": "postgres"}
        with psycopg.connect(**address, autocommit=True) as connection:  # type: ignore[arg-type]
            return connection.execute(statement).fetchall()  # type: ignore[arg-type]

    def _run(self, program: str, *words: str, check: bool = True) -> None:
        log = self.folder / f"{program}.log"
        with log.open("ab") as out:
            done = subprocess.run(
                [*self._as_user, str(programs() / program), *words],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=self.folder,
                check=False,
            )
        if check and done.returncode:
            raise RuntimeError(f"{program}: {log.read_text('utf-8', 'replace')[-800:]}")


class PostgresPair:
    """A primary and its synchronous standby, and the URL that finds whichever takes writes."""

    def __init__(self, folder: Path) -> None:
        self.first, self.second = PostgresServer(folder / "first"), PostgresServer(folder / "second")
        self.primary = self.first

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{server.port}" for server in (self.first, self.second))
        return f"postgresql://rejoinder@{hosts}/rejoinder?target_session_attrs=read-write&connect_timeout=3"

    def start(self, *settings: str) -> None:
        self.first.make()
        self.first.start(*settings)
        with psycopg.connect(
            host="127.0.0.1", port=self.first.port, user="rejoinder", dbname="postgres", autocommit=True
        ) as admin:
            admin.execute("CREATE DATABASE rejoinder")
        self.second.follow(self.first)
        self.second.start(*settings)
        wait_until(
            lambda: self.first.ask("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'"),
            what="the standby",
        )
        # What was answered is on both, or a promotion would lose it.
        with psycopg.connect(
            host="127.0.0.1", port=self.first.port, user="rejoinder", dbname="postgres", autocommit=True
        ) as admin:
            admin.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            admin.execute("SELECT pg_reload_conf()")

    def promote(self) -> None:
        """The primary is gone at once, and the standby takes over."""
        self.first.stop("immediate")
        self.second.promote()
        self.primary = self.second
        # Nobody follows the new primary: it must not wait for a confirmation.
        with psycopg.connect(
            host="127.0.0.1", port=self.second.port, user="rejoinder", dbname="postgres", autocommit=True
        ) as admin:
            admin.execute("ALTER SYSTEM SET synchronous_standby_names = ''")
            admin.execute("SELECT pg_reload_conf()")

    def stop(self) -> None:
        for server in (self.first, self.second):
            server.stop("immediate")


class Bouncer:
    """Debian's PgBouncer in front of a server: each transaction gets any of two connections."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._folder = server.folder / "bouncer"
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://rejoinder@127.0.0.1:{self._port}/rejoinder"

    def __enter__(self) -> "Bouncer":
        binary = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
        if binary is None:
            unavailable("pgbouncer")
        assert binary
        self._folder.mkdir(exist_ok=True)
        accounts = self._folder / "accounts"
        accounts.write_text('"rejoinder" ""\n')
        configuration = self._folder / "pgbouncer.ini"
        configuration.write_text(
            f"[databases]\nrejoinder = host=127.0.0.1 port={self._server.port}\n[pgbouncer]\n"
            f"listen_addr = 127.0.0.1\nlisten_port = {self._port}\nunix_socket_dir =\nauth_type = trust\n"
            f"auth_file = {accounts}\npool_mode = transaction\ndefault_pool_size = 2\n"
        )
        as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self._process = subprocess.Popen(
            [*as_user, binary, "-q", str(configuration)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

        def answers() -> bool:
            with suppress(psycopg.OperationalError):
                psycopg.connect(self.url).close()
                return True
            return False

        wait_until(answers, what="PgBouncer")
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
