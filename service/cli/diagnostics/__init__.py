"""What `rejoinder doctor` looks at: each check says what it found and, if anything is to be done, what.

May enter: a check of one thing. May not: mending it.
"""

from collections.abc import Iterator

from service.cli.diagnostics.check import Check, guarded
from service.cli.diagnostics.database import check_database, check_keys, check_outside, check_waiting
from service.cli.diagnostics.redis import check_redis
from service.cli.diagnostics.surroundings import (
    check_approvals,
    check_dns,
    check_language,
    check_mail,
    check_public_url,
)
from service.wiring import Services

__all__ = ["Check", "check_all", "check_keys"]


def check_all(services: Services) -> Iterator[Check]:
    """Every check in the order of what depends on what; none raises."""
    yield from check_public_url(services)
    database = list(check_database(services))
    yield from database
    if all(check.level != "problem" for check in database):
        yield from guarded("keys", lambda: check_keys(services))
        yield from guarded("queue", lambda: check_waiting(services))
        yield from guarded("outside checks", lambda: check_outside(services))
    yield from guarded("redis", lambda: check_redis(services))
    yield from check_mail(services)
    yield check_dns(services)
    yield check_language()
    yield from check_approvals(services)
