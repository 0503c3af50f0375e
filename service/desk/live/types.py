"""What goes in and out over HTTP of leases."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from service.desk.queue.types import QueueNarrowing
from service.desk.types import AnyId


class Taken(Struct, frozen=True):
    """A lease; not `kept`: the service cannot keep leases now, so that others may be handed the comment too."""

    comment_id: str
    until: datetime
    kept: bool


class LeasesAnswer(Struct, frozen=True):
    leases: list[Taken]


class LeaseBody(QueueNarrowing, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`comment_ids`: the first `limit` of these (with a `status`: that stand so; with `pending` and no `filter`: that
    nobody has set aside either); without it: the first `limit` in the queue; that nobody else holds.

    Without a site: on all sites where the caller moderates.
    """

    limit: Annotated[int, Meta(ge=1, le=100)] = 1
    comment_ids: Annotated[list[AnyId], Meta(min_length=1, max_length=100)] | None = None


class ReleaseBody(Struct, frozen=True, forbid_unknown_fields=True):
    comment_ids: Annotated[list[AnyId], Meta(min_length=1, max_length=200)]


class ReleaseQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`only=mine`: lets go of the caller's own lease and of nobody else's."""

    only: Literal["mine"] | None = None
