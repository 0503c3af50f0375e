"""What `rejoinder doctor` looks at: each check says what it found and, if anything is to be done, what."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from models import Comment, OutsideCheck, Site, Status
from models.migrations import state
from models.queries.conditions import is_judged, is_status
from moderation_rules.text.counting import counted
from service.embedded.port import BEHIND_A_PROXY
from service.errors import Misconfigured, Unavailable
from service.settings import SECRET_FILE
from service.wiring import Services

Level = Literal["ok", "note", "problem"]

OLDEST_REDIS = (7, 0)
# The sweep sends again after 30 s: what waits for minutes waits for a worker.
WAITS_TOO_LONG = timedelta(minutes=2)
# Redis may be full of other programs' keys.
SCAN_SECONDS = 2.0
# A worker that has nothing to do asks every few seconds.
WORKER_SEEN_SECONDS = 60.0
FOREIGN_NAMED = 10


@dataclass(frozen=True, slots=True)
class Check:
    """`what` was looked at, what was `found`, and what to `do`, if anything."""

    what: str
    level: Level
    found: str
    do: str = ""


def check_all(services: Services) -> Iterator[Check]:
    """Every check in the order of what depends on what; none raises."""
    yield from _public_url(services)
    database = list(_database(services))
    yield from database
    if all(check.level != "problem" for check in database):
        yield from _guarded("keys", lambda: check_keys(services))
        yield from _guarded("queue", lambda: _waiting(services))
        yield from _guarded("outside checks", lambda: _outside(services))
    yield from _guarded("redis", lambda: _redis(services))
    yield from _mail(services)
    yield _dns(services)
    yield _language()
    yield from _approvals(services)


def _guarded(what: str, checks: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    try:
        yield from checks()
    except (Unavailable, SQLAlchemyError) as error:
        yield Check(what, "problem", f"could not be checked ({type(error).__name__})", "see the database above")


def _public_url(services: Services) -> Iterator[Check]:
    url = services.settings.public_url
    if url.startswith("https://") or not services.settings.secure:
        yield Check("public url", "ok", url)
    else:
        do = "put TLS in front and write https:// in REJOINDER_PUBLIC_URL"
        yield Check("public url", "problem", f"{url} is not encrypted, and cookies will not be sent to it", do)
    if services.settings.secure and not services.settings.trusted_proxies:
        yield Check("proxy", "note", "REJOINDER_TRUSTED_PROXIES lists none", BEHIND_A_PROXY)


def _database(services: Services) -> Iterator[Check]:
    kind = "SQLite" if services.settings.sqlite else "PostgreSQL"
    try:
        found = state(services.engine)
    except SQLAlchemyError as error:
        yield Check(
            "database",
            "problem",
            f"{kind} cannot be reached ({type(error).__name__})",
            "check DATABASE_URL or DATA_DIR",
        )
        return
    advice = {
        "empty": "run `rejoinder db upgrade`",
        "behind": "run `rejoinder db upgrade`",
        "ahead": "it was migrated by a newer Rejoinder: run that version",
    }
    if found in advice:
        yield Check("database", "problem", f"{kind}, its schema is {found}", advice[found])
        return
    yield Check("database", "ok", f"{kind}, its schema is current")
    if services.settings.sqlite:
        return
    with services.read() as session:
        there: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    yield _clock("clock", "the database's", services, there)


def _clock(what: str, whose: str, services: Services, there: datetime) -> Check:
    offset = abs((services.clock.now() - there.astimezone(UTC)).total_seconds())
    found = f"{offset:.1f} s from {whose}"
    if offset > services.settings.max_time_offset:
        return Check(what, "problem", found, "let both machines keep time by NTP")
    return Check(what, "ok", found)


def check_keys(services: Services) -> Iterator[Check]:
    """The ring against what the database was written with, and whether its older secrets may go."""
    from service.privacy.key_checks import check_ring, keys_in_use
    from service.privacy.rotation import folded_earlier

    ring = services.keyring
    with services.read() as session:
        try:
            check_ring(session, ring)
        except Misconfigured as error:
            yield Check("keys", "problem", str(error), "put the missing secret back, behind the newest")
            return
        used = keys_in_use(session, ring, services.clock.now())
        folded = folded_earlier(session)
    yield Check("keys", "ok", f"{len(ring.key_ids)} in the ring, the newest is {ring.newest}")
    if folded:
        found = f"{folded} addresses are indexed for bans as an earlier version did"
        yield Check("keys", "note", found, "run `rejoinder db upgrade`")
    for key_id in ring.key_ids[1:]:
        rows, until = used.get(key_id, (0, None))
        if rows:
            found = f"{counted(rows, 'row is', 'rows are')} sealed under the older secret {key_id}"
            yield Check("keys", "note", found, "run `rejoinder keys rotate`")
        elif until is not None:
            found = (
                f"nothing that stays needs the older secret {key_id}, but links in mails, repeats or banned networks do"
            )
            yield Check("keys", "note", found, f"they end by themselves: it may go after {until:%Y-%m-%d %H:%M} UTC")
        else:
            yield Check("keys", "note", f"nothing needs the older secret {key_id} any more", "it may go")
    data_dir = services.settings.data_dir
    file = data_dir / SECRET_FILE if data_dir else None
    if file is not None and file.exists() and _readable_by_others(file):
        yield Check("keys", "problem", f"{file} can be read by other users", f"chmod 600 {file}")


def _readable_by_others(file: Path) -> bool:
    return bool(file.stat().st_mode & 0o077)


def _waiting(services: Services) -> Iterator[Check]:
    with services.read() as session:
        oldest = session.scalar(select(func.min(Comment.created_at)).where(is_status(Comment.status, Status.RECEIVED)))
        waiting = is_status(Comment.status, Status.PENDING), is_judged()
        pending = session.scalar(select(func.count()).select_from(Comment).where(*waiting)) or 0
    waits = services.clock.now() - oldest if oldest else timedelta(0)
    if waits > WAITS_TOO_LONG:
        yield Check(
            "queue",
            "problem",
            f"a comment has waited {int(waits.total_seconds())} s to be judged",
            "start `rejoinder worker`, or look at its log",
        )
    else:
        found = counted(pending, "comment waits", "comments wait")
        yield Check("queue", "ok", f"{found} for a moderator, none for the rules")


def _outside(services: Services) -> Iterator[Check]:
    from service.moderation.network.outside.checks import asks
    from service.moderation.policies.in_force import Policies

    what = "outside checks"
    with services.read() as session:
        sites = dict(session.execute(select(Site.id, Site.slug)).all())
        policies = Policies().of(session, list(sites), services.clock.now().date())
        set_up = Counter(session.scalars(select(OutsideCheck.site_id)))
    for site_id, slug in sites.items():
        asked = asks(policies[site_id])
        if asked and site_id in set_up:
            yield Check(what, "ok", f"{slug} asks {set_up[site_id]}")
        elif asked:
            yield Check(what, "note", f"{slug} has the rule on and no check", "set one up: `rejoinder site check set`")
        elif site_id in set_up:
            do = "switch the rule outside_check on in its policy"
            yield Check(what, "note", f"{slug} has a check that nobody asks", do)


def _redis(services: Services) -> Iterator[Check]:
    from redis.exceptions import RedisError

    redis: Any = services.slow_redis
    try:
        info: dict[str, Any] = redis.info()
    except (RedisError, OSError) as error:
        found = f"cannot be reached ({type(error).__name__}); comments are accepted and wait"
        yield Check("redis", "problem", found, "check REDIS_URL, or start `rejoinder up` for a data folder")
        return
    # Valkey says both what it is and the Redis version it is like.
    name = "Valkey" if "valkey_version" in info else "Redis"
    version = str(info.get("valkey_version") or info.get("redis_version", "0"))
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_REDIS:
        yield Check("redis", "problem", f"{name} {version}", "Redis 7.0 or newer is needed")
    else:
        yield Check("redis", "ok", f"{name} {version}, {info.get('used_memory_human', '?')} in use")
    policy = info.get("maxmemory_policy")
    if policy not in (None, "noeviction"):
        yield Check("redis", "problem", f"maxmemory-policy is {policy}: it may forget messages", "set it to noeviction")
    if info.get("aof_enabled") == 0:
        yield Check("redis", "note", "the append-only file is off: a restart loses the queue", "set appendonly yes")
    yield from _foreign(services)
    yield from _old_names(services)
    yield _worker(services)
    seconds, micros = redis.time()
    yield _clock("clock", "Redis's", services, datetime.fromtimestamp(seconds + micros / 1e6, UTC))


def _worker(services: Services) -> Check:
    from redis.exceptions import RedisError

    from service.queue.stream import workers_seen

    try:
        seen = workers_seen(services.slow_redis, WORKER_SEEN_SECONDS)
    except RedisError as error:
        return Check("worker", "problem", f"cannot be looked for ({type(error).__name__})", "check the stream's key")
    if seen:
        return Check("worker", "ok", f"{counted(seen, 'worker asks', 'workers ask')} for comments")
    prefix = services.settings.redis_prefix
    found = f"none asks for comments at this Redis under the prefix {prefix!r}: what comes in waits"
    return Check(
        "worker", "note", found, "start `rejoinder worker` or `rejoinder up`, or check REDIS_URL and the prefix"
    )


def _foreign(services: Services) -> Iterator[Check]:
    from redis.exceptions import RedisError

    from service.queue.foreign import FOREIGN_ADVICE, foreign_keys, foreign_keys_scanned

    try:
        with services.read() as session:
            sites = list(session.scalars(select(Site.id)))
    except (Unavailable, SQLAlchemyError):
        sites = []  # Told above; the streams' names are known without it.
    try:
        scanned, all_seen = foreign_keys_scanned(services.slow_redis, seconds=SCAN_SECONDS)
        found = {one.name: one for one in (*foreign_keys(services.slow_redis, sites), *scanned)}
    except RedisError as error:
        yield Check(
            "redis", "problem", f"our keys cannot be looked at ({type(error).__name__})", "check the rights of its user"
        )
        return
    for foreign in list(found.values())[:FOREIGN_NAMED]:
        yield Check("redis", "problem", str(foreign), FOREIGN_ADVICE)
    if len(found) > FOREIGN_NAMED:
        yield Check("redis", "problem", f"{len(found) - FOREIGN_NAMED} more of our keys are not ours", FOREIGN_ADVICE)
    if not all_seen:
        yield Check("redis", "note", f"not all keys could be looked at in {SCAN_SECONDS:.0f} s", "")


def _old_names(services: Services) -> Iterator[Check]:
    from redis.exceptions import RedisError

    from service.queue.old_names import old_streams

    try:
        left = old_streams(services.slow_redis)
    except RedisError:
        return  # A user that may use our prefix only.
    for name in left:
        found = f"{name} looks like the stream of a version without prefixes, or of another installation"
        do = "web and worker move it at a start if it holds comments of this database; delete it if nobody needs it"
        yield Check("redis", "note", found, do)


def _language() -> Check:
    from service.moderation.policies.site_policy import detector

    if detector() is not None:
        return Check("language", "ok", "comments' languages are found out")
    what = "comments' languages are not found out: what depends on one may hold, and never refuses"
    return Check("language", "note", what, "pip install 'rejoinder[lang]', or pycld2 where that brings nothing along")


def _approvals(services: Services) -> Iterator[Check]:
    if services.settings.approve_without_revision:
        found = "programs may approve a comment without saying which revision they have read"
        do = (
            "let them send expected_revision, then drop REJOINDER_APPROVE_WITHOUT_REVISION: the next release ignores it"
        )
        yield Check("approvals", "note", found, do)


def _dns(services: Services) -> Check:
    import dns.resolver

    from service.moderation.network.name_servers import Belief, NameServers

    if not services.settings.dns:
        return Check("dns", "ok", "mail domains are not looked up: REJOINDER_DNS is off")
    without = "mail domains cannot be looked up, and no reader is held for it"
    do = "let the worker's machine ask working name servers, or set REJOINDER_DNS to off"
    try:
        servers = NameServers(dns.resolver.Resolver(), services.settings.dns_controls)
    except dns.resolver.NoResolverConfiguration:
        return Check("dns", "note", f"this machine has no name servers; {without}", do)
    controls = ", ".join(services.settings.dns_controls)
    found = {
        Belief.SILENT: "the name servers do not answer",
        Belief.KNOW_NOBODY: f"the name servers say that there is none of {controls}",
        Belief.KNOW_EVERYBODY: "the name servers answer for names that cannot exist",
    }.get(servers.belief())
    if found is None:
        return Check("dns", "ok", "the name servers know domains that exist, and none that cannot")
    return Check("dns", "note", f"{found}; {without}", do)


def _mail(services: Services) -> Iterator[Check]:
    from service.mail.transports import MailDelayed, SmtpTransport
    from service.settings import starttls_of

    settings = services.settings
    if not settings.sends_mail:
        yield Check("mail", "note", "none is sent: no confirmations, no notices", "set SMTP_URL to send mail")
        return
    if settings.mail_dir is not None:
        yield Check("mail", "ok", f"kept as .eml files in {settings.mail_dir}")
        return
    if settings.mail_from is None:
        what = "no sender is set: mails come from comments@ and the public host"
        yield Check("mail", "note", what, "set REJOINDER_MAIL_FROM")
    if (told := starttls_of(settings.smtp_url)) != "required":
        plain = "never encrypted" if told == "never" else "not encrypted where the mail server offers no STARTTLS"
        yield Check(
            "mail", "note", f"mails are {plain}", f"take ?starttls={told} off SMTP_URL, unless the line is safe"
        )
    try:
        SmtpTransport(settings.smtp_url, timeout=5.0).try_out()
    except MailDelayed as error:
        do = "check SMTP_URL"
        if error.code == "not_encrypted":
            do = "use a server with TLS and a certificate that holds, or on a safe line add ?starttls=never to SMTP_URL"
        yield Check("mail", "problem", f"the mail server: {error.code.replace('_', ' ')}", do)
    else:
        yield Check("mail", "ok", "the mail server answers")
