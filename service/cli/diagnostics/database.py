"""Whether the database can be worked with, the keys fit it, and what waits in it."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from models import Comment, OutsideCheck, Site, Status
from models.migrations import ENCODING_ADVICE, encoding_of, few_of, state
from models.migrations.shape import missing
from models.queries.conditions import is_judged, is_status
from moderation_rules.text.counting import counted
from service.backup.unfinished import ADVICE, is_unfinished
from service.cli.diagnostics.check import Check, check_clock
from service.database_errors import why_unreachable
from service.errors import Misconfigured
from service.settings import SECRET_FILE
from service.wiring import Services

# A web server of two processes and a worker.
FEWEST_PROCESSES = 3
_CONNECTIONS = """
    SELECT current_setting('max_connections')::int, current_setting('superuser_reserved_connections')::int,
        count(*) FILTER (WHERE application_name NOT LIKE 'rejoinder %' OR datname <> current_database()),
        count(*) FILTER (WHERE application_name LIKE 'rejoinder %' AND datname = current_database())
    FROM pg_stat_activity WHERE backend_type = 'client backend'
""".replace("%", "%%")
# It is sent again after 15 s and judged from the database after 25: what waits for minutes waits for a worker.
WAITS_TOO_LONG = timedelta(minutes=2)


def check_database(services: Services) -> Iterator[Check]:
    kind = "SQLite" if services.settings.sqlite else "PostgreSQL"
    try:
        found = state(services.engine)
    except DBAPIError as error:
        found_out, _, do = why_unreachable(error).partition("; ")
        yield Check("database", "problem", f"{kind}: {found_out}", do or "check DATABASE_URL or DATA_DIR")
        return
    advice = {
        "empty": "run `rejoinder db upgrade`",
        "behind": "run `rejoinder db upgrade`",
        "ahead": "it was migrated by a newer Rejoinder: run that version",
    }
    if found == "incomplete":
        with services.engine.connect() as connection:
            lacking = few_of(missing(connection))
        do = "restore a backup, or give the service a new database"
        yield Check("database", "problem", f"{kind}, its schema says that it is current and lacks {lacking}", do)
        return
    if found in advice:
        yield Check("database", "problem", f"{kind}, its schema is {found}", advice[found])
        return
    if is_unfinished(services.engine):
        yield Check("database", "problem", f"{kind}, a restore into it has not come to its end", ADVICE)
        return
    yield Check("database", "ok", f"{kind}, its schema is current")
    if services.settings.sqlite:
        return
    with services.read() as session:
        there: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    yield check_clock("clock", "the database's", services, there)
    yield from _server(services)


def _server(services: Services) -> Iterator[Check]:
    """How many connections there is room for, whether writes get through, and whether a pooler is in between."""
    settings = services.settings
    with services.read() as session:
        standby = session.scalar(select(func.pg_is_in_recovery()))
        encoding = encoding_of(session.connection())
        most, reserved, others, ours = session.connection().exec_driver_sql(_CONNECTIONS).one()
    if encoding != "UTF8":
        found = f"its encoding is {encoding}: comments with other letters are refused"
        yield Check("database", "problem", found, f"{ENCODING_ADVICE}, and restore a backup into it")
    each = settings.database_connections
    room = (most - reserved - others) // each
    found = (
        f"{each} connections a process at most, {ours} open now; the server takes {most} ({reserved} reserved, "
        f"{others} used by others): room for {counted(max(0, room), 'process', 'processes')}"
    )
    if room < FEWEST_PROCESSES:
        do = "raise max_connections, lower REJOINDER_DATABASE_CONNECTIONS, or put a pooler in between"
        yield Check("connections", "note", found, do)
    else:
        yield Check("connections", "ok", found)
    if standby:
        do = "name the primary in DATABASE_URL, or all hosts and ?target_session_attrs=read-write"
        yield Check("database", "problem", "this server is a standby: nothing can be written", do)
    elif settings.prepare_threshold is not None and _pooled(services):
        found = "a pooler gives each transaction another server, and statements are kept prepared"
        yield Check("pooler", "problem", found, "set REJOINDER_PREPARE_THRESHOLD to off")


def _pooled(services: Services) -> bool:
    """Whether two transactions of one connection, another between them, are two servers' work."""
    with services.engine.connect() as first, services.engine.connect() as second:
        ask = "SELECT pg_backend_pid()"
        before = first.exec_driver_sql(ask).scalar()
        first.commit()
        # While the second holds what the first had, the first gets another.
        between = second.exec_driver_sql(ask).scalar()
        return before == between or first.exec_driver_sql(ask).scalar() != before


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


def check_waiting(services: Services) -> Iterator[Check]:
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


def check_outside(services: Services) -> Iterator[Check]:
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
