from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from ulid import ULID

from models import ActorKind, Status
from service.accounts.actors import Actor
from tests.factories import Newsroom


@pytest.fixture
def came(newsroom: Newsroom) -> Callable[..., str]:
    """A comment that came in so many minutes before now, as its id says too."""

    def make(minutes: float = 5, *, room: Newsroom = newsroom, **more: Any) -> str:
        at: datetime = room.services.clock.now() - timedelta(minutes=minutes)
        made = {"id": str(ULID.from_datetime(at)), "created_at": at, "sent_at": at, "status": Status.PENDING}
        return room.comment(**(made | more))

    return make


@pytest.fixture
def anna(newsroom: Newsroom) -> Actor:
    return Actor(ActorKind.MODERATOR, newsroom.moderator("Anna"), "Anna", {newsroom.site.id: "moderator"})
