"""The short form of the storm: everything that writes, at once, meets no deadlock."""

import pytest

from service.wiring import wire
from tests.settings import make_settings
from tests.soak.storm import Storm, kept

COMMENTS = 600


@pytest.mark.postgres
def test_no_two_writers_wait_for_each_other(postgres_url_with_tables: str, redis_url: str) -> None:
    both = [wire(make_settings(postgres_url_with_tables, redis_url)) for _ in range(2)]
    storm = Storm(both, COMMENTS)
    storm.run()
    assert not storm.failures
    assert kept(both[0], storm.site) == COMMENTS
    for each in both:
        each.close()
