"""Who calls, and whether they may: the mark on every route, and the caller behind a request."""

import hmac
import io
import time
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

from flask import current_app, request

from models import ActorKind
from service.accounts.actors import ROLES, SCOPES, Actor, Parts, SignInNeeded
from service.accounts.api_keys import key_actor
from service.accounts.sessions import cookie_name, session_actor
from service.accounts.tokens import lookup_of
from service.errors import Forbidden

__all__ = [
    "LEVELS",
    "Actor",
    "SignInNeeded",
    "WrongToken",
    "changed_actor",
    "check_own_page",
    "current_actor",
    "look_again",
    "open_to",
    "opened_to",
    "optional_actor",
    "role_seen",
    "session_token",
]

P = ParamSpec("P")
R = TypeVar("R")

LEVELS = frozenset({"anyone", "receipt", *ROLES, *(f"key:{scope}" for scope in SCOPES)})
_MARK = "__open_to__"
_FOUND = "rejoinder.actor"
_FORM_READ = "rejoinder.form_read"
_KNOWN = "rejoinder.known_callers"
_TOO_LOW = "Your role does not reach this far."
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class WrongToken(Forbidden):
    """A changing request with the session's cookie and without its token: it may come from another page."""

    code, title = "csrf", "Please load the page again"


# For so many seconds a caller is taken for who they were found to be, where the view asks once more as it acts.
KNOWN_SECONDS = 5.0
_MOST_KNOWN = 1_000


class KnownCallers:
    """Who was found a moment ago, in this process: by what kind of thing they brought, and its hash."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._known: dict[tuple[bool, bytes], tuple[float, Actor]] = {}
        self._monotonic = monotonic

    def find(self, lookup: bytes, *, key: bool) -> Actor | None:
        """`key`: it came as a key does; else as a session's cookie."""
        at, actor = self._known.get((key, lookup), (0.0, None))
        return actor if actor is not None and self._monotonic() - at < KNOWN_SECONDS else None

    def keep(self, actor: Actor) -> None:
        if actor.lookup is None:
            return
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()  # They are found again.
        self._known[actor.kind is ActorKind.API_KEY, actor.lookup] = self._monotonic(), actor


def open_to(*levels: str, asks_again: bool = False) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Marks a view with who may call it, and checks that before the view runs.

    "anyone"; "receipt": whoever knows the receipt in the path (the view looks it up); "viewer", "moderator",
    "admin": that role or a higher one on some site, by session or by key; "key:cms": a key of that scope. Any
    of several is enough. Which site, the view checks: `current_actor().require("moderator", site_id)`.

    `asks_again`: what the view does, and all that it says of what is there, comes after `find_again` in its own
    transaction, and where that finds somebody else, it takes who `changed_actor` says. Then a caller who was found a
    moment ago is not looked up before it, too.

    Raises SignInNeeded, Forbidden, or WrongToken for a changing request by cookie without the session's token.
    """
    unknown = set(levels) - LEVELS
    if unknown or not levels:
        raise ValueError(f"open_to() knows {sorted(LEVELS)}, not {sorted(unknown)}")
    is_open = bool({"anyone", "receipt"} & set(levels))

    def mark(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not is_open:
                if asks_again:
                    request.environ.setdefault(_FOUND, _find_known(current_parts()))
                actor = current_actor()
                if asks_again and not _reaches(actor, levels):
                    changed_actor(*levels)
                elif not _reaches(actor, levels):
                    raise Forbidden(_TOO_LOW)
            return view(*args, **kwargs)

        setattr(guarded, _MARK, levels)
        return guarded

    return mark


def opened_to(view: Callable[..., Any]) -> tuple[str, ...] | None:
    """What `open_to` said about the view, through decorators that keep `__wrapped__`; None: nothing."""
    at: Any = view
    while at is not None:
        found: tuple[str, ...] | None = getattr(at, _MARK, None)
        if found is not None:
            return found
        at = getattr(at, "__wrapped__", None)
    return None


def current_actor() -> Actor:
    """Who calls. Raises SignInNeeded for nobody, WrongToken for a changing request without the session's token."""
    actor = optional_actor()
    if actor is None:
        raise SignInNeeded()
    if actor.csrf is not None and request.method in UNSAFE and not token_matches(actor.csrf):
        raise WrongToken("The page was open for too long, or the request came from somewhere else.")
    if request.environ.get(_FORM_READ):
        request.environ[_FORM_READ] = False  # Once is enough: it is in the memory now.
        return look_again(actor)
    return actor


def changed_actor(*levels: str) -> Actor:
    """Who calls, looked up now, whoever they were taken for. Raises as `current_actor` does, and Forbidden for one who
    has none of these levels anywhere."""
    request.environ[_FOUND] = _find_and_keep(current_parts())
    actor = current_actor()
    if not _reaches(actor, levels):
        raise Forbidden(_TOO_LOW)
    return actor


def _reaches(actor: Actor, levels: Iterable[str]) -> bool:
    return any(actor.can_somewhere(level) for level in levels)


def look_again(actor: Actor) -> Actor:
    """The caller once more, when a body has come in that may have taken a minute.

    One that the web server had taken whole before it called us took no time, and nobody is looked up again for it.
    Raises SignInNeeded for one who was closed or revoked meanwhile, Forbidden for one whose roles are others now.
    """
    if type(request.environ["wsgi.input"]) is io.BytesIO:
        return actor
    now = request.environ[_FOUND] = _find_actor(current_parts())
    if now is None:
        raise SignInNeeded()
    if now.sites != actor.sites:
        raise Forbidden("Your roles have changed meanwhile.")
    return now


def optional_actor() -> Actor | None:
    """Who calls, or None; looked up once a request. On a changing request, trust only what `current_actor` returns."""
    # Kept with the request, not in `g`: that lives as long as the app context, which can span two requests.
    if _FOUND not in request.environ:
        request.environ[_FOUND] = _find_actor(current_parts())
    found: Actor | None = request.environ[_FOUND]
    return found


def role_seen(view: Callable[..., Any] | None) -> str:
    """Whom this request's caller was taken for, without another look: "key", the highest role of somebody who is
    signed in, "receipt" where the path holds one, else "anyone"."""
    actor: Actor | None = request.environ.get(_FOUND)
    if actor is not None:
        return "key" if actor.kind is ActorKind.API_KEY else actor.role or "anyone"
    levels = None if view is None else opened_to(view)
    return "receipt" if levels and "receipt" in levels else "anyone"


def current_parts() -> Parts:
    parts: Parts = current_app.extensions["rejoinder"]
    return parts


def session_token() -> str:
    """The token in the browser's session cookie, good or not; "" for none."""
    return request.cookies.get(cookie_name(current_parts().settings.secure), "")


def check_own_page() -> None:
    """For forms without a session (sign-in): raises WrongToken for a request that another site's page made.

    Browsers say where a form came from; what says nothing (a script, `curl`) carries nobody's cookies.
    """
    origin = request.headers.get("Origin")
    foreign = origin is not None and not _is_own(origin)
    if foreign or request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
        raise WrongToken("This form must be sent from our own page.")


def _is_own(origin: str) -> bool:
    """Whether an Origin header names our own page; it names none with `null` or half an IPv6 address."""
    public = urlsplit(current_parts().settings.public_url)
    try:
        found = urlsplit(origin)
        hostname = found.hostname
    except ValueError:
        return False
    if found.netloc.lower() not in {request.host.lower(), public.netloc.lower()}:
        return False
    # By plain http anybody on the way could have written the page; over loopback nobody is on the way.
    return found.scheme == public.scheme or (found.scheme == "http" and hostname in ("localhost", "127.0.0.1", "::1"))


def token_matches(csrf: str) -> bool:
    """Whether the request brings this token, as the header X-CSRF-Token or the form field `csrf`."""
    given = request.headers.get("X-CSRF-Token")
    if not given:
        request.environ.setdefault(_FORM_READ, True)
        given = request.form.get("csrf", "")
    return hmac.compare_digest(given.encode(), csrf.encode())


def _find_known(parts: Parts) -> Actor | None:
    """The caller as they were found a moment ago, or are now."""
    kind, _, credential = request.headers.get("Authorization", "").partition(" ")
    key = kind.lower() == "bearer"
    known = _known_callers().find(lookup_of(credential.strip() if key else session_token()), key=key)
    return known or _find_and_keep(parts)


def _find_and_keep(parts: Parts) -> Actor | None:
    actor = _find_actor(parts)
    if actor is not None:
        _known_callers().keep(actor)
    return actor


def _known_callers() -> KnownCallers:
    known: KnownCallers = current_app.extensions.setdefault(_KNOWN, KnownCallers())
    return known


def _find_actor(parts: Parts) -> Actor | None:
    header = request.headers.get("Authorization", "")
    kind, _, credential = header.partition(" ")
    if kind.lower() == "bearer":
        # A key that is no longer good must not fall back to somebody's cookie.
        return key_actor(parts, credential.strip())
    token = session_token()
    return session_actor(parts, token) if token else None
