"""All settings come from the environment; `SETTINGS` is the table that `rejoinder doctor` and the docs print."""

import ipaddress
import re
from collections.abc import Mapping
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.headerregistry import Address
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import idna
import msgspec

from service.errors import Misconfigured

SECRET_FILE = "secrets"

# name -> (default, what it is for)
SETTINGS: dict[str, tuple[str, str]] = {
    "DATABASE_URL": ("", "PostgreSQL, as postgresql://user:password@host/name; empty: SQLite under DATA_DIR"),
    "REDIS_URL": ("", "Redis or Valkey, as redis://host:6379/0; empty: the embedded Valkey under DATA_DIR"),
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
    "REJOINDER_CACHE_MB": ("64", "memory for published documents in each web process, in MB"),
    "REJOINDER_STATEMENT_SECONDS": (
        "10",
        "how long the database may work at one statement of a web request, in seconds; workers, jobs and migrations "
        "have no limit",
    ),
    "REJOINDER_MAX_TIME_OFFSET": ("60", "seconds of clock difference to the database that doctor accepts"),
}

_LIMIT = re.compile(r"^(\d{1,6})/(s|min|hour|day)$")
_PERIODS = {"s": 1.0, "min": 60.0, "hour": 3600.0, "day": 86400.0}

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Rate(msgspec.Struct, frozen=True):
    """`count` events in `period` seconds."""

    count: int
    period: float


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What one process runs with. `repr` hides what is secret."""

    database_url: str
    redis_url: str
    public_url: str
    secrets: tuple[str, ...]
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
    max_time_offset: float = 60.0
    metrics_public: bool = False
    metrics_listener: tuple[str, int] | None = None

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

        def value(name: str) -> str:
            return environ.get(name, "").strip() or SETTINGS[name][0]

        data_dir = Path(value("DATA_DIR")).absolute() if value("DATA_DIR") else None
        metrics_public, metrics_listener = _metrics("REJOINDER_METRICS", value("REJOINDER_METRICS"))
        return cls(
            database_url=_database_url(value("DATABASE_URL"), data_dir),
            redis_url=_redis_url(value("REDIS_URL"), data_dir),
            redis_prefix=_prefix("REJOINDER_REDIS_PREFIX", value("REJOINDER_REDIS_PREFIX")),
            public_url=_public_url(value("REJOINDER_PUBLIC_URL")),
            secrets=_secrets(value("REJOINDER_SECRET_KEYS"), data_dir),
            data_dir=data_dir,
            allowed_hosts=_words(value("REJOINDER_ALLOWED_HOSTS")),
            trusted_proxies=_networks("REJOINDER_TRUSTED_PROXIES", value("REJOINDER_TRUSTED_PROXIES")),
            submit_limit=parse_rate(value("REJOINDER_SUBMIT_LIMIT")),
            dns=_switch("REJOINDER_DNS", value("REJOINDER_DNS")),
            dns_controls=_domains("REJOINDER_DNS_CONTROLS", value("REJOINDER_DNS_CONTROLS")),
            outgoing_networks=_networks("REJOINDER_OUTGOING_NETWORKS", value("REJOINDER_OUTGOING_NETWORKS")),
            approve_without_revision=_switch(
                "REJOINDER_APPROVE_WITHOUT_REVISION", value("REJOINDER_APPROVE_WITHOUT_REVISION")
            ),
            log_level=value("REJOINDER_LOG_LEVEL").lower(),
            mail_from=_sender("REJOINDER_MAIL_FROM", value("REJOINDER_MAIL_FROM")),
            smtp_url=_smtp_url(value("SMTP_URL")),
            mail_dir=Path(value("REJOINDER_MAIL_DIR")) if value("REJOINDER_MAIL_DIR") else None,
            cache_bytes=int(_number("REJOINDER_CACHE_MB", value("REJOINDER_CACHE_MB")) * 1024 * 1024),
            statement_seconds=_number("REJOINDER_STATEMENT_SECONDS", value("REJOINDER_STATEMENT_SECONDS")),
            max_time_offset=_number("REJOINDER_MAX_TIME_OFFSET", value("REJOINDER_MAX_TIME_OFFSET")),
            metrics_public=metrics_public,
            metrics_listener=metrics_listener,
        )


def starttls_of(smtp_url: str) -> str:
    """Whether a mail server at `smtp://` has to encrypt: "required", "optional" or "never". Raises Misconfigured."""
    parts = urlsplit(smtp_url)
    asked = dict(parse_qsl(parts.query, keep_blank_values=True))
    found = asked.pop("starttls", "required")
    if asked or parts.path.strip("/") or parts.fragment or found not in {"required", "optional", "never"}:
        # The URL may hold a password: it is not quoted.
        raise Misconfigured("SMTP_URL ends with its host and port, or with ?starttls=required, optional or never")
    if "starttls" in parts.query and parts.scheme == "smtps":
        raise Misconfigured("SMTP_URL: smtps:// is always encrypted and takes no starttls")
    return found


def parse_rate(text: str) -> Rate | None:
    """`5/min` -> Rate(5, 60.0); `off` -> None. Raises Misconfigured for anything else."""
    if text == "off":
        return None
    found = _LIMIT.match(text)
    if not found or int(found[1]) == 0:
        raise Misconfigured(f"REJOINDER_SUBMIT_LIMIT is {text!r}; write it as 5/min, 100/hour or off")
    return Rate(int(found[1]), _PERIODS[found[2]])


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _switch(name: str, text: str) -> bool:
    if text.lower() not in {"on", "off"}:
        raise Misconfigured(f"{name} is {text!r}; write on or off")
    return text.lower() == "on"


def _metrics(name: str, text: str) -> tuple[bool, tuple[str, int] | None]:
    """Whether readers may have the metrics, and the host and port of a listener of their own."""
    public, listener = False, None
    for word in _words(text):
        if word == "public":
            public = True
            continue
        host, _, port = word.rpartition(":")
        if not host or not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536 or listener is not None:
            raise Misconfigured(f"{name} is {text!r}; write public, or an address and port as 127.0.0.1:9102, or both")
        listener = host.removeprefix("[").removesuffix("]"), int(port)
    return public, listener


def _domains(name: str, text: str) -> tuple[str, ...]:
    try:
        found = tuple(idna.encode(word, uts46=True).decode() for word in _words(text))
    except idna.IDNAError:
        found = ()
    if not found:
        raise Misconfigured(f"{name} is {text!r}; write domains, as gmail.com, outlook.com")
    return found


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not number > 0:
        raise Misconfigured(f"{name} is {text!r}; write a number above 0")
    return number


def _networks(name: str, text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(word, strict=False) for word in _words(text))
    except ValueError as error:
        raise Misconfigured(f"{name}: {error}") from None


# Name <address>, with or without quotes around the name; or the older address (Name).
_NAMED = re.compile(r"(?P<name>.*?)\s*<\s*(?P<address>[^<>\s]*)\s*>")
_COMMENTED = re.compile(r"(?P<address>[^\s()]+)\s*\((?P<name>.*)\)")
# No encoded word: programs decode it to somebody else.
_LOCAL_PART = re.compile(r"(?!-|.*=\?)[^\s\x00-\x20\x7f@<>()\[\],;:\"\\]{1,64}")


def _sender(name: str, text: str) -> Address | None:
    """Who mails come from; None where nothing is set. What is no address raises Misconfigured."""
    if not text:
        return None
    found = _NAMED.fullmatch(text) or _COMMENTED.fullmatch(text)
    shown, address = (found["name"], found["address"]) if found else ("", text)
    if len(shown) > 1 and shown[0] == shown[-1] == '"':
        shown = re.sub(r"\\(.)", r"\1", shown[1:-1])
    local, _, domain = address.rpartition("@")
    try:
        if "=?" in shown:
            shown = str(make_header(decode_header(shown)))
        ascii_domain = idna.encode(domain, uts46=True).decode()
    except (ValueError, LookupError, HeaderParseError):  # idna.IDNAError is a ValueError (UnicodeError).
        ascii_domain = ""
    if not (ascii_domain and _LOCAL_PART.fullmatch(local)) or not shown.replace("\t", " ").isprintable():
        # The command line hides addresses, so that none is quoted and none is the example.
        raise Misconfigured(f"{name} is no sender; write a name and one address in angle brackets, as News <ADDRESS>")
    return Address(display_name=" ".join(shown.split()), username=local, domain=ascii_domain)


def _database_url(url: str, data_dir: Path | None) -> str:
    if not url:
        if data_dir is None:
            raise Misconfigured("set DATABASE_URL (production) or DATA_DIR (one-machine mode)")
        return f"sqlite+pysqlite:///{data_dir / 'rejoinder.db'}"
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    if not url.startswith(("postgresql+psycopg://", "sqlite+pysqlite://", "sqlite://")):
        raise Misconfigured("DATABASE_URL must begin with postgresql://")
    return url.replace("sqlite://", "sqlite+pysqlite://", 1) if url.startswith("sqlite://") else url


def _redis_url(url: str, data_dir: Path | None) -> str:
    if url:
        if not url.startswith(("redis://", "rediss://", "unix://")):
            raise Misconfigured("REDIS_URL must begin with redis://, rediss:// or unix://")
        return url
    if data_dir is None:
        raise Misconfigured("set REDIS_URL (production) or DATA_DIR (one-machine mode)")
    pointer = data_dir / "valkey.socket-path"
    # A long data folder moves the socket elsewhere (its path is limited to 104 characters); this file says where.
    socket = pointer.read_text("utf-8").strip() if pointer.exists() else str(data_dir / "valkey.sock")
    return f"unix://{quote(socket)}"


def _smtp_url(url: str) -> str:
    if not url:
        return url
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"smtp", "smtps"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # A port that is none, a broken IPv6 literal.
        good = False
    if not good:
        raise Misconfigured("SMTP_URL must be smtp://host or smtps://host; a password's signs are written as %2F")
    starttls_of(url)
    return url


def _prefix(name: str, text: str) -> str:
    # No braces (they would be a cluster's hash tag) and nothing that a pattern gives a meaning.
    if not re.fullmatch(r"[A-Za-z0-9_.:-]{1,64}", text):
        raise Misconfigured(f"{name} is {text!r}; write up to 64 letters, digits and any of _ . : -, as gazette:")
    return text


def _public_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise Misconfigured(f"REJOINDER_PUBLIC_URL is {url!r}; write it as https://comments.example.org")
    return url.rstrip("/")


def _secrets(text: str, data_dir: Path | None) -> tuple[str, ...]:
    found = _words(text)
    if not found and data_dir is not None and (data_dir / SECRET_FILE).exists():
        lines = (data_dir / SECRET_FILE).read_text("utf-8").splitlines()
        found = tuple(line.strip() for line in lines if line.strip())
    if not found:
        raise Misconfigured("set REJOINDER_SECRET_KEYS to a random secret of at least 32 characters")
    if any(len(secret) < 32 for secret in found):
        raise Misconfigured("every secret in REJOINDER_SECRET_KEYS must have at least 32 characters")
    return found
