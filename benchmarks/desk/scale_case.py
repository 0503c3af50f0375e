"""What stands around one comment and its near copies, as `benchmarks.scale` measures it."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from benchmarks.scale_rows import BIG
from models import ActorKind, Comment, Site
from models.queries.surroundings import ancestors, beside
from service.accounts.actors import Actor
from service.moderation.jobs.near_copy_decisions import preview
from service.moderation.jobs.repair import Repair
from service.moderation.near_copies.standing_decisions import end_with_job, in_force

if TYPE_CHECKING:
    from benchmarks.scale import Newsroom

ROOM = f"/moderate/sites/{BIG}"


def _count(room: "Newsroom", *, decided: bool) -> None:
    """What one decision for all near copies would do, published ones included."""
    with room.services.read() as session:
        site = session.get_one(Site, room.filled.sites[BIG])
    preview(room.services, _moderator(room), site, room.filled.cluster, Repair.SPAM, decided=decided)


def _as_a_reply(room: "Newsroom") -> None:
    """What a reply in the biggest thread answers, and what answers the same."""
    with room.services.read() as session:
        first = session.get_one(Comment, room.filled.cluster)
        reply = Comment(id=room.middle, thread_id=first.thread_id, parent_id=first.id)
        session.execute(ancestors(reply)).all()
        for before in (True, False):
            session.execute(beside(reply, 2, before=before)).all()


def _in_force(room: "Newsroom") -> None:
    """What the worker asks for before it judges."""
    with room.services.read() as session:
        in_force(session, list(room.filled.sites.values()), room.services.clock.now())


def _end_with_job(room: "Newsroom") -> None:
    with room.services.write() as session:
        # As of a job that let nothing stand.
        end_with_job(session, _moderator(room), room.filled.cluster, room.services.clock.now())


def _moderator(room: "Newsroom") -> Actor:
    return Actor(ActorKind.MODERATOR, room.filled.moderator, "Somebody", {"": "admin"})


CASE: "Mapping[str, Callable[[Newsroom], object]]" = {
    "case, its versions": lambda room: room.visit(f"/moderate/case/{room.filled.cluster}/versions"),
    "case, as a reply": _as_a_reply,
    "copies, counted": lambda room: _count(room, decided=False),
    "copies, counted with people's": lambda room: _count(room, decided=True),
    "copies to come, page": lambda room: room.visit(f"{ROOM}/standing-decisions"),
    "copies to come, before judging": _in_force,
    "copies to come, taken back": _end_with_job,
    "wrong findings, page": lambda room: room.visit(f"{ROOM}/wrong-findings"),
    "wrong findings, deep": lambda room: room.visit(f"{ROOM}/wrong-findings?cursor={room.middle}"),
}
