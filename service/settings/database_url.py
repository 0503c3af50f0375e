"""Where the database is, as an operator writes it and as the driver's library takes it."""

import re
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode

from service.errors import Misconfigured

_SCHEME = re.compile(r"(postgres|postgresql|postgresql\+psycopg)://", re.IGNORECASE)
_SQLITE = ("sqlite://", "sqlite+pysqlite://")
_HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.%]+\]|[^\[\]:,]*)(?::(?P<port>[0-9]{1,5}))?")
_SIGNS = "a password's signs are written as %40 for @, %2F for /, %3A for :, %23 for #, %3F for ?"


def database_address(url: str, data_dir: Path | None) -> str:
    """The address for SQLAlchemy. Several hosts are named as libpq names them: `host1:5432,host2:5432`.

    Raises Misconfigured in one line, without the password.
    """
    if not url:
        if data_dir is None:
            raise Misconfigured("set DATABASE_URL (production) or DATA_DIR (one-machine mode)")
        return f"sqlite+pysqlite:///{data_dir / 'rejoinder.db'}"
    if url.startswith(_SQLITE):
        return url.replace("sqlite://", "sqlite+pysqlite://", 1) if url.startswith("sqlite://") else url
    found = _SCHEME.match(url)
    if not found:
        raise Misconfigured("DATABASE_URL must begin with postgresql://")
    return "postgresql+psycopg://" + _server(url[found.end() :])


def _server(rest: str) -> str:
    """`user:password@hosts/name?options` with the hosts where SQLAlchemy looks for several."""
    place, _question, query = rest.partition("?")
    account, at, where = place.rpartition("@")
    if "@" in account or "#" in rest or "@" in query or (at and "/" in account):
        raise Misconfigured(f"DATABASE_URL has an @, # or / in the wrong place; {_SIGNS}")
    hosts, _slash, name = where.partition("/")
    options = parse_qsl(query, keep_blank_values=True)
    named = [_host(host) for host in hosts.split(",")]
    if "/" in name:
        raise Misconfigured("DATABASE_URL ends with one name, as postgresql://user:password@host/name")
    if len(named) == 1:
        return rest
    # libpq's own lists; an empty port is the usual one.
    options += [("host", ",".join(host for host, _ in named)), ("port", ",".join(port or "5432" for _, port in named))]
    return f"{account}{at}/{quote(unquote(name))}?{urlencode(options, safe=',:[]/')}"


def _host(text: str) -> tuple[str, str]:
    found = _HOST.fullmatch(text)
    if not found or (found["port"] and not 0 < int(found["port"]) < 65536):
        raise Misconfigured(f"DATABASE_URL names a host or port that is none; {_SIGNS}")
    return found["host"].strip("[]"), found["port"] or ""
