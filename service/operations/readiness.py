"""Whether the service can work now, and what to do if it cannot."""

import time
from weakref import WeakKeyDictionary

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from models import Site
from service.errors import Unavailable
from service.queue.foreign import foreign_keys
from service.queue.usable import told, trouble
from service.telemetry import logger
from service.wiring import Services

log = logger(__name__)

FOREIGN_SECONDS = 5.0
# What the database alone carries.
STILL_WORKS = "Comments are accepted and judged meanwhile, within half a minute; rate limits let everybody through."


def readiness_problems(services: Services) -> dict[str, str]:
    """Why the service cannot work now: part -> what to do. Empty when it can."""
    reasons: dict[str, str] = {}
    sites: list[str] = []
    try:
        with services.read() as session:
            sites = list(session.scalars(select(Site.id)))
            if not services.settings.sqlite and session.scalar(select(func.pg_is_in_recovery())):
                reasons["database"] = "The database is a standby and takes no writes: check DATABASE_URL."
    except Unavailable:
        reasons["database"] = "The database does not answer: check DATABASE_URL and the server."
    except SQLAlchemyError:
        reasons["database"] = "The tables are not there: run `rejoinder db upgrade`."
    try:
        wrong = trouble(services.redis)
        foreign = [] if wrong else _foreign(services.redis, sites)
    except RedisError as error:
        wrong, foreign = told(error), []
    if wrong:
        reasons["redis"] = f"Redis {wrong[0]}: {wrong[1]}. {STILL_WORKS}"
    elif foreign:
        reasons["redis"] = f"In Redis {'; '.join(foreign)}. `rejoinder doctor` names the keys. {STILL_WORKS}"
    if reasons:
        log.warning("not_ready", parts=sorted(reasons))
    return reasons


# client -> (when they were looked for, those found). Probes come every second and from everywhere.
_foreign_found: "WeakKeyDictionary[Redis, tuple[float, list[str]]]" = WeakKeyDictionary()


def _foreign(redis: Redis, sites: list[str]) -> list[str]:
    """What is under our keys and not ours, by families; looked up once in FOREIGN_SECONDS. Raises RedisError."""
    looked, found = _foreign_found.get(redis, (-FOREIGN_SECONDS, []))
    if time.monotonic() - looked >= FOREIGN_SECONDS:
        # Anyone may ask: a key's name would tell a site's id.
        found = list(dict.fromkeys(one.in_family for one in foreign_keys(redis, sites)))
        _foreign_found[redis] = time.monotonic(), found
    return found
