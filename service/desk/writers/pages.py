"""Writers on the desk: the form beside a comment, what a measure would meet, and the marks in force. Plain forms."""

from typing import cast, get_args

import msgspec
from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from models import BanKind, MarkKind, Site
from service.accounts.access import current_actor, open_to
from service.desk import wording
from service.desk.queue.answers import answer_case
from service.desk.requests import id_field, line_field, number_field
from service.desk.site_access import comment_reached, reached_site
from service.desk.writers import types
from service.desk.writers.api import apply, effect, end_mark, find_marks, mark
from service.errors import FieldError, Invalid
from service.moderation.bans import AlreadyBanned, set_ban
from service.moderation.jobs.writer_sweep import Measure, Sweep, check_sweep
from service.wiring import current_services

writer_pages = Blueprint("writer_pages", __name__, url_prefix="/moderate")

BANS = tuple(kind.value for kind in BanKind)
MEASURES = get_args(Measure)


@writer_pages.post("/writer/act")
@open_to("moderator")
def act() -> str | AnyResponse:
    """Bans, holds or trusts a comment's writer, or notes something, and applies it to what is there if asked to."""
    services, actor = current_services(), current_actor()
    comment_id = line_field(request.form, "comment_id", 26)
    what, days = request.form.get("kind", ""), request.form.get("days", "")
    reason = line_field(request.form, "reason", 1001)
    if what not in (*BANS, *MarkKind) or days not in wording.BAN_DAYS or len(reason) > 1000:
        raise Invalid(errors=[FieldError("kind", "unknown_value", "There is nothing like it to do.")])
    # A note is no measure: it stands until somebody takes it away.
    for_days = int(days) if days and what != MarkKind.NOTE else None
    sweep = _sweep(what)
    if what in BANS:
        with services.read() as session:
            comment, _, _ = comment_reached(session, comment_id, "admin" if what == "address" else "moderator")
            # Before anything is in force: what it cannot do to what is here is not left out silently.
            check_sweep(session.get_one(Site, comment.site_id), cast(Measure, what), sweep)
        try:
            set_ban(services, actor, comment.id, BanKind(what), days=for_days, reason=reason[:500])
        except AlreadyBanned:
            return answer_case(comment.id, "already_banned")
        job = apply(services, actor, comment.id, cast(Measure, what), sweep)
        return answer_case(comment.id, "writer_swept" if job else "writer_banned", job=job or "")
    body = types.WriterMarkBody(kind=MarkKind(what), days=for_days, reason=reason, apply=sweep)
    made = mark(services, actor, comment_id, body)
    return answer_case(comment_id, "writer_swept" if made.job else f"writer_{what}", job=made.job or "")


@writer_pages.post("/writer/unmark")
@open_to("moderator")
def unmark() -> str | AnyResponse:
    """Lifts a mark, from beside a comment or (without one) from the list of marks."""
    slug, comment_id = line_field(request.form, "site_of", 64), line_field(request.form, "comment_id", 26)
    end_mark(current_services(), current_actor(), slug, line_field(request.form, "mark_id", 26))
    if comment_id:
        return answer_case(comment_id, "writer_unmarked")
    return redirect(f"/moderate/sites/{slug}/writers?done=lifted", 303)


@writer_pages.get("/writer/<comment_id>/effect")
@open_to("moderator")
def preview(comment_id: str) -> str:
    """What a measure would meet, with examples, and the button that takes it."""
    measure = request.args.get("kind", "")
    # What it would do is asked for, and nothing else is shown in its place.
    days = number_field(request.args, "published_days", 365) if "published_days" in request.args else 7
    if measure not in MEASURES or not days:
        raise Invalid(errors=[FieldError("kind", "unknown_value", "There is nothing like it to do.")])
    services, actor = current_services(), current_actor()
    found = effect(services, comment_id, types.EffectQuery(measure=cast(Measure, measure), published_days=days))
    with services.read() as session:
        comment, _, _ = comment_reached(session, comment_id, "moderator")
    return render_template(
        "desk/effect.html",
        comment_id=comment.id,
        name=comment.name,
        found=found,
        actor=actor,
        refuses=measure in ("chain", "address"),
        holds=measure != "trust",
    )


@writer_pages.get("/sites/<site>/writers")
@open_to("moderator")
def page(site: str) -> str:
    """The marks in force."""
    at = reached_site(site, "moderator")
    query = types.WriterMarksQuery(cursor=id_field(request.args, "cursor"))
    found = find_marks(current_services(), site, query)
    return render_template(
        "desk/writers.html", site=at, actor=current_actor(), found=found, done=request.args.get("done", "")
    )


def _sweep(kind: str) -> Sweep:
    """What the form says of what is there already. Raises Invalid for what is none, or what a note cannot do."""
    given = {name: request.form.get(name, "leave") for name in ("waiting", "published")}
    given["published_days"] = request.form.get("published_days", "7")
    try:
        sweep = msgspec.convert(given, Sweep, strict=False)
    except msgspec.ValidationError:
        raise Invalid(errors=[FieldError("apply", "unknown_value", "There is nothing like it to do.")]) from None
    if kind == MarkKind.NOTE and not sweep.does_nothing:
        raise Invalid(errors=[FieldError("apply", "unknown_value", "A note changes nothing that is here already.")])
    return sweep
