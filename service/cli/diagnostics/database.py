"""Whether the database can be worked with, the keys fit it, and what waits in it."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from models import Comment, OutsideCheck, Site, Status
from models.migrations import state
from models.queries.conditions import is_judged, is_status
from moderation_rules.text.counting import counted
from service.cli.diagnostics.check import Check, check_clock
from service.errors import Misconfigured
from service.settings import SECRET_FILE
from service.wiring import Services

# The sweep sends again after 30 s: what waits for minutes waits for a worker.
WAITS_TOO_LONG = timedelta(minutes=2)


def check_database(services: Services) -> Iterator[Check]:
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
    yield check_clock("clock", "the database's", services, there)


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
