"""Marks of writers, what a measure would meet, and a writer at a glance."""

from collections.abc import Mapping
from typing import Literal, cast

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from models import MarkKind, Site, WriterMark
from models.queries.sites import marks_of_site
from service.accounts.access import Actor, current_actor, open_to
from service.described import described
from service.desk.actor_names import names_of_actors
from service.desk.queue.items import pseudonym
from service.desk.requests import read_json, read_query
from service.desk.responses import json_answer, keep_private
from service.desk.site_access import comment_reached, reached_site, site_named
from service.desk.writers import types
from service.moderation.jobs.writer_sweep import Effect, Measure, Sweep, begin_sweep, check_sweep, effect_of
from service.moderation.writers.about import about_writer
from service.moderation.writers.marks import lift_mark, set_mark
from service.wiring import Services, current_services

writer_api = Blueprint("writers", __name__, url_prefix="/api/v1/moderation")
writer_api.after_request(keep_private)


@writer_api.get("/comments/<comment_id>/writer")
@open_to("viewer")
@described(
    "What is known of a comment's writer; never the address",
    answers={200: types.WriterAnswer},
    refusals=(401, 403, 404),
)
def get_writer(comment_id: str) -> Response:
    with current_services().read() as session:
        return json_answer(_writer(session, comment_id))


@writer_api.post("/comments/<comment_id>/writer/marks")
@open_to("moderator")
@described(
    "Hold or trust a comment's writer, or note something about them",
    body=types.WriterMarkBody,
    answers={201: types.WriterMarkView},
    refusals=(400, 401, 403, 404, 409, 415, 422, 429, 503),
)
def post_mark(comment_id: str) -> Response:
    return json_answer(mark(current_services(), current_actor(), comment_id, read_json(types.WriterMarkBody)), 201)


@writer_api.get("/comments/<comment_id>/writer/effect")
@open_to("moderator")
@described(
    "What a ban, hold or trust would meet of what is published or waits; changes nothing",
    query=types.EffectQuery,
    answers={200: types.EffectAnswer},
    refusals=(401, 403, 404, 422),
)
def get_effect(comment_id: str) -> Response:
    return json_answer(effect(current_services(), comment_id, read_query(types.EffectQuery)))


@writer_api.post("/comments/<comment_id>/writer/effect")
@open_to("moderator")
@described(
    "Apply a measure to what is there already, as a job that can be undone",
    body=types.ApplyBody,
    answers={202: types.ApplyAnswer},
    refusals=(400, 401, 403, 404, 415, 422, 429, 503),
)
def post_effect(comment_id: str) -> Response:
    body = read_json(types.ApplyBody)
    return json_answer(
        types.ApplyAnswer(apply(current_services(), current_actor(), comment_id, body.measure, body.apply)), 202
    )


@writer_api.get("/sites/<site>/writer-marks")
@open_to("moderator")
@described(
    "Marks of writers in force, newest first",
    query=types.WriterMarksQuery,
    answers={200: types.WriterMarksAnswer},
    refusals=(401, 403, 404, 422),
)
def get_marks(site: str) -> Response:
    return json_answer(find_marks(current_services(), site, read_query(types.WriterMarksQuery)))


@writer_api.delete("/sites/<site>/writer-marks/<mark_id>")
@open_to("moderator")
@described("Lift a mark; what it held still waits", answers={204: None}, refusals=(401, 403, 404, 503))
def delete_mark(site: str, mark_id: str) -> Response:
    end_mark(current_services(), current_actor(), site, mark_id)
    return Response(status=204)


def mark(services: Services, actor: Actor, comment_id: str, body: types.WriterMarkBody) -> types.WriterMarkView:
    """Sets the mark and applies it. Raises NotFound, Forbidden, Invalid, TooManyNotes, TooManyJobs."""
    measure = cast(Measure, body.kind.value if body.kind is not MarkKind.NOTE else "trust")
    with services.read() as session:
        comment, _, _ = comment_reached(session, comment_id, "moderator")
        site = session.get_one(Site, comment.site_id)
    if body.apply is not None:
        check_sweep(site, measure, body.apply)
    made = set_mark(services, actor, comment.id, body.kind, days=body.days, reason=body.reason)
    job = None if body.apply is None else begin_sweep(services, actor, comment.id, measure, body.apply)
    return _view(made, comment.name, site.slug, {actor.id: actor.name}, None if job is None else job.id)


def apply(services: Services, actor: Actor, comment_id: str, measure: Measure, sweep: Sweep) -> str | None:
    """Begins the job; its id. Raises NotFound, Forbidden, Invalid, TooManyJobs."""
    _reach(services, comment_id, measure)
    job = begin_sweep(services, actor, comment_id, measure, sweep)
    return None if job is None else job.id


def effect(services: Services, comment_id: str, query: types.EffectQuery) -> types.EffectAnswer:
    """The dry run. Raises NotFound, Forbidden."""
    _reach(services, comment_id, query.measure)
    found: Effect = effect_of(services, comment_id, query.measure, query.published_days)
    return types.EffectAnswer(
        measure=query.measure,
        published_days=query.published_days,
        waiting=found.waiting,
        published=found.published,
        complete=found.complete,
        examples=[
            types.ExampleView(comment_id=one.comment_id, name=one.name, text=one.text, status=one.status)
            for one in found.examples
        ],
    )


def find_marks(services: Services, slug: str, query: types.WriterMarksQuery) -> types.WriterMarksAnswer:
    """A page of the marks in force. Raises NotFound, Forbidden."""
    with services.read() as session:
        site = site_named(session, slug, "moderator")
        marks = marks_of_site(site.id, services.clock.now(), query.cursor)
        rows = session.execute(marks.limit(query.limit + 1)).all()
        page = rows[: query.limit]
        names = names_of_actors(session, {found.created_by or "" for found, _ in page})
        cursor = page[-1][0].id if len(rows) > query.limit else None
        return types.WriterMarksAnswer(
            [_view(found, comment.name if comment else None, site.slug, names) for found, comment in page], cursor
        )


def end_mark(services: Services, actor: Actor, slug: str, mark_id: str) -> None:
    """Lifts a mark. Raises NotFound, Forbidden."""
    lift_mark(services, actor, reached_site(slug, "moderator"), mark_id)


def _reach(services: Services, comment_id: str, measure: Measure) -> None:
    # What a ban of an address meets could tell a guess: that is for those who may see addresses anyway.
    with services.read() as session:
        comment_reached(session, comment_id, "admin" if measure == "address" else "moderator")


def _writer(session: Session, comment_id: str) -> types.WriterAnswer:
    comment, _, _ = comment_reached(session, comment_id, "viewer")
    site = session.get_one(Site, comment.site_id)
    # Words among moderators, and what they do about a writer, are for those who moderate.
    moderates = current_actor().can("moderator", site.id)
    found = about_writer(session, site, comment, current_services().clock.now())
    names = names_of_actors(session, {one.created_by or "" for one in found.marks})
    marked = found.marked
    return types.WriterAnswer(
        comment_id=comment.id,
        pseudonym=pseudonym(comment.chain_id),
        proven=comment.proven is not None,
        first_seen=found.first_seen,
        approved=found.approved,
        judged=found.judged,
        waiting=found.waiting,
        banned=found.banned,
        state=None if marked is None else cast(Literal["hold", "trust"], marked.value),
        marks=[_view(one, None, site.slug, names) for one in found.marks] if moderates else [],
        strikes=found.strike_count,
        refusals=[
            types.StrikeView(
                comment_id=one.comment_id, reason=one.reason, weight=one.weight, at=one.at, lapses_at=one.lapses_at
            )
            for one in found.strikes
        ],
        proposal=found.proposal,
    )


def _view(
    found: WriterMark, name: str | None, slug: str, names: Mapping[str, str], job: str | None = None
) -> types.WriterMarkView:
    return types.WriterMarkView(
        id=found.id,
        site=slug,
        kind=found.kind,
        comment_id=found.comment_id,
        name=name,
        reason=found.reason,
        by=names.get(found.created_by or ""),
        created_at=found.created_at,
        expires_at=found.expires_at,
        job=job,
    )
