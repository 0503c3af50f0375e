"""All settings come from the environment; `SETTINGS` is the table that `rejoinder doctor` and the docs print.

May enter: reading and checking a setting. May not: opening what it names.
"""

from collections.abc import Mapping
from email.headerregistry import Address
from pathlib import Path
from urllib.parse import quote, urlsplit

import msgspec

from service.errors import Misconfigured
from service.redis_address import address_of, several_hosts
from service.settings.database_url import database_address
from service.settings.mail import sender, smtp_address, starttls_of
from service.settings.secret_files import with_secret_files
from service.settings.tracing import tracing_switch
from service.settings.values import (
    Network,
    Rate,
    domains,
    key_prefix,
    log_level,
    metrics_places,
    networks,
    niceness,
    number,
    parse_rate,
    switch,
    threshold,
    whole_number,
    words,
)

__all__ = ["SECRET_FILE", "SETTINGS", "Network", "Rate", "Settings", "starttls_of"]

SECRET_FILE = "secrets"

# name -> (default, what it is for)
SETTINGS: dict[str, tuple[str, str]] = {
    "DATABASE_URL": (
        "",
        "PostgreSQL, as postgresql://user:password@host/name or with several hosts as host1:5432,host2:5432; "
        "empty: SQLite under DATA_DIR",
    ),
    "REJOINDER_DATABASE_CONNECTIONS": ("24", "connections to PostgreSQL that one process opens at most"),
    "REJOINDER_PREPARE_THRESHOLD": (
        "5",
        "after how many times PostgreSQL keeps a statement prepared, or off: for a pooler that gives each transaction "
        "another server, as PgBouncer before 1.21 does",
    ),
    "REDIS_URL": (
        "",
        "Redis or Valkey, as redis://host:6379/0, or redis+sentinel:// or redis+cluster:// with several hosts;"
        " empty: the embedded Valkey under DATA_DIR",
    ),
    "REJOINDER_REDIS_PREFIX": ("rejoinder:", "what the names of all our keys in Redis begin with"),
    "DATA_DIR": ("", "folder of the one-machine mode: database, queue, key"),
    "REJOINDER_SECRET_KEYS": ("", "secrets of at least 32 characters, comma-separated, newest first"),
    "REJOINDER_PUBLIC_URL": (
        "http://127.0.0.1:8000",
        "where readers reach the service; the only source of links",
    ),
    "REJOINDER_ALLOWED_HOSTS": ("", "further host names the service answers to, comma-separated"),
    "REJOINDER_TRUSTED_PROXIES": ("", "networks whose X-Forwarded-For is believed, comma-separated"),
    "REJOINDER_SUBMIT_LIMIT": (
        "5/min",
        "comments an IP prefix may send, as N/s, N/min, N/hour, N/day, or off",
    ),
    "REJOINDER_DNS": ("on", "whether the worker looks up mail domains: on or off"),
    "REJOINDER_DNS_CONTROLS": (
        "gmail.com, outlook.com, icloud.com, gmx.net",
        "domains that take mail for certain, comma-separated: name servers that know none of them are not believed",
    ),
    "REJOINDER_OUTGOING_NETWORKS": (
        "",
        "networks that outside checks may reach although they are not public, comma-separated",
    ),
    "REJOINDER_APPROVE_WITHOUT_REVISION": (
        "off",
        "on: programs may still approve without expected_revision; ends with the next release",
    ),
    "REJOINDER_LOG_LEVEL": ("info", "debug, info, warning or error"),
    "REJOINDER_MAIL_FROM": ("", "sender of mails, as Name <comments@example.org>; a name may have commas"),
    "SMTP_URL": (
        "",
        "smtps://host, or smtp://user:password@host:587 with STARTTLS (`?starttls=optional`: where it is offered; "
        "`?starttls=never`: not at all); empty: no mail",
    ),
    "REJOINDER_MAIL_DIR": ("", "keep mails as .eml files in this folder instead of sending them"),
    "REJOINDER_METRICS": (
        "",
        "where the web server has /metrics: HOST:PORT for a listener of its own, public to answer readers too; "
        "empty: nowhere",
    ),
    "PROMETHEUS_MULTIPROC_DIR": ("", "folder where the processes of one machine add up their metrics"),
    "REJOINDER_TRACING": (
        "off",
        "on: send OpenTelemetry traces where OTEL_EXPORTER_OTLP_ENDPOINT says; needs the extra `tracing`",
    ),
    "REJOINDER_CACHE_MB": ("64", "memory for published documents in each web process, in MB"),
    "REJOINDER_STATEMENT_SECONDS": (
        "10",
        "how long the database may work at one statement of a web request, in seconds; workers, jobs and migrations "
        "have no limit",
    ),
    "REJOINDER_WORKER_NICE": (
        "5",
        "by how much workers give way to other processes of the machine, the web server's among them: 0 (not at all) "
        "to 19",
    ),
    "REJOINDER_MAX_TIME_OFFSET": ("60", "seconds of clock difference to the database that doctor accepts"),
}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What one process runs with. `repr` hides what is secret."""

    database_url: str
    redis_url: str
    public_url: str
    secrets: tuple[str, ...]
    database_connections: int = 24
    prepare_threshold: int | None = 5
    redis_prefix: str = "rejoinder:"
    data_dir: Path | None = None
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[Network, ...] = ()
    submit_limit: Rate | None = Rate(5, 60.0)
    dns: bool = True
    dns_controls: tuple[str, ...] = ()
    outgoing_networks: tuple[Network, ...] = ()
    approve_without_revision: bool = False
    log_level: str = "info"
    mail_from: Address | None = None
    smtp_url: str = ""
    mail_dir: Path | None = None
    cache_bytes: int = 64 * 1024 * 1024
    statement_seconds: float = 10.0
    worker_nice: int = 5
    max_time_offset: float = 60.0
    metrics_public: bool = False
    metrics_listener: tuple[str, int] | None = None
    tracing: bool = False

    def __repr__(self) -> str:
        return f"Settings(public_url={self.public_url!r}, data_dir={str(self.data_dir)!r})"

    @property
    def sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def public_host(self) -> str:
        """Host and port of the public URL, as a browser sends them."""
        return urlsplit(self.public_url).netloc.lower()

    @property
    def secure(self) -> bool:
        """Whether cookies must be Secure: always, but for plain http on loopback."""
        parts = urlsplit(self.public_url)
        loopback = (parts.hostname or "") in {"localhost", "127.0.0.1", "::1"}
        return not (parts.scheme == "http" and loopback)

    @property
    def sends_mail(self) -> bool:
        return bool(self.smtp_url or self.mail_dir)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Reads and checks every setting; raises Misconfigured with one line for the first that cannot work."""
        environ = with_secret_files(environ)

        def value(name: str) -> str:
            return environ.get(name, "").strip() or SETTINGS[name][0]

        data_dir = Path(value("DATA_DIR")).absolute() if value("DATA_DIR") else None
        metrics_public, metrics_listener = metrics_places("REJOINDER_METRICS", value("REJOINDER_METRICS"))
        return cls(
            database_url=database_address(value("DATABASE_URL"), data_dir),
            database_connections=whole_number(
                "REJOINDER_DATABASE_CONNECTIONS", value("REJOINDER_DATABASE_CONNECTIONS")
            ),
            prepare_threshold=threshold("REJOINDER_PREPARE_THRESHOLD", value("REJOINDER_PREPARE_THRESHOLD")),
            redis_url=_redis_url(value("REDIS_URL"), data_dir),
            redis_prefix=key_prefix("REJOINDER_REDIS_PREFIX", value("REJOINDER_REDIS_PREFIX")),
            public_url=_public_url(value("REJOINDER_PUBLIC_URL")),
            secrets=_secrets(value("REJOINDER_SECRET_KEYS"), data_dir),
            data_dir=data_dir,
            allowed_hosts=words(value("REJOINDER_ALLOWED_HOSTS")),
            trusted_proxies=networks("REJOINDER_TRUSTED_PROXIES", value("REJOINDER_TRUSTED_PROXIES")),
            submit_limit=parse_rate(value("REJOINDER_SUBMIT_LIMIT")),
            dns=switch("REJOINDER_DNS", value("REJOINDER_DNS")),
            dns_controls=domains("REJOINDER_DNS_CONTROLS", value("REJOINDER_DNS_CONTROLS")),
            outgoing_networks=networks("REJOINDER_OUTGOING_NETWORKS", value("REJOINDER_OUTGOING_NETWORKS")),
            approve_without_revision=switch(
                "REJOINDER_APPROVE_WITHOUT_REVISION", value("REJOINDER_APPROVE_WITHOUT_REVISION")
            ),
            log_level=log_level("REJOINDER_LOG_LEVEL", value("REJOINDER_LOG_LEVEL")),
            mail_from=sender("REJOINDER_MAIL_FROM", value("REJOINDER_MAIL_FROM")),
            smtp_url=smtp_address(value("SMTP_URL")),
            mail_dir=Path(value("REJOINDER_MAIL_DIR")) if value("REJOINDER_MAIL_DIR") else None,
            cache_bytes=int(number("REJOINDER_CACHE_MB", value("REJOINDER_CACHE_MB")) * 1024 * 1024),
            statement_seconds=number("REJOINDER_STATEMENT_SECONDS", value("REJOINDER_STATEMENT_SECONDS")),
            worker_nice=niceness("REJOINDER_WORKER_NICE", value("REJOINDER_WORKER_NICE")),
            max_time_offset=number("REJOINDER_MAX_TIME_OFFSET", value("REJOINDER_MAX_TIME_OFFSET")),
            metrics_public=metrics_public,
            metrics_listener=metrics_listener,
            tracing=tracing_switch("REJOINDER_TRACING", value("REJOINDER_TRACING"), environ),
        )


def _redis_url(url: str, data_dir: Path | None) -> str:
    if url:
        if several_hosts(url):
            try:
                address_of(url)
            except ValueError as error:
                raise Misconfigured(f"REDIS_URL cannot be read: {error}") from error
        elif not url.startswith(("redis://", "rediss://", "unix://")):
            raise Misconfigured(
                "REDIS_URL must begin with redis://, rediss://, unix://, redis+sentinel:// or redis+cluster://"
            )
        return url
    if data_dir is None:
        raise Misconfigured("set REDIS_URL (production) or DATA_DIR (one-machine mode)")
    pointer = data_dir / "valkey.socket-path"
    # A long data folder moves the socket elsewhere (its path is limited to 104 characters); this file says where.
    socket = pointer.read_text("utf-8").strip() if pointer.exists() else str(data_dir / "valkey.sock")
    return f"unix://{quote(socket)}"


def _public_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise Misconfigured(f"REJOINDER_PUBLIC_URL is {url!r}; write it as https://comments.example.org")
    return url.rstrip("/")


def _secrets(text: str, data_dir: Path | None) -> tuple[str, ...]:
    found = words(text)
    if not found and data_dir is not None and (data_dir / SECRET_FILE).exists():
        lines = (data_dir / SECRET_FILE).read_text("utf-8").splitlines()
        found = tuple(line.strip() for line in lines if line.strip())
    if not found:
        raise Misconfigured("set REJOINDER_SECRET_KEYS to a random secret of at least 32 characters")
    if any(len(secret) < 32 for secret in found):
        raise Misconfigured("every secret in REJOINDER_SECRET_KEYS must have at least 32 characters")
    return found
