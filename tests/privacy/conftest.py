from collections.abc import Callable
from typing import Any

import pytest

from models import Comment, Site, Status
from service.wiring import Services
from tests.factories import add_thread, comment_in_status

Post = Callable[..., Comment]


def posting(services: Services, site: Site) -> Post:
    """Makes comments on a new thread of the site, each under an address; unproven and of a writer of its own."""
    thread = add_thread(services, site)

    def post(address: str, status: Status = Status.PENDING, **more: Any) -> Comment:
        return comment_in_status(services, thread, status=status, address=address, **more)

    return post


@pytest.fixture
def post(services: Services, site: Site) -> Post:
    return posting(services, site)
