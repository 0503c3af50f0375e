"""A site's reasons for refusing comments, whole, and from how many strikes on the desk proposes what."""

from typing import Annotated, Any, Literal

import msgspec
from flask import Blueprint, Response
from msgspec import Meta, Struct

from models import Ground, ReasonDetails, Site, StrikeLadder
from service.accounts.access import Actor, current_actor, open_to
from service.accounts.site_administration import change_site
from service.described import described
from service.desk.requests import read_json
from service.desk.responses import json_answer, keep_private
from service.desk.site_access import reached_site, site_named
from service.desk.types import END
from service.errors import FieldError, Invalid
from service.moderation.reasons import details_of, label, reasons_of
from service.wiring import Services, current_services

reason_api = Blueprint("reasons", __name__, url_prefix="/api/v1/moderation/sites/<site>/reasons")
reason_api.after_request(keep_private)

Count = Annotated[int, Meta(ge=0, le=100)]


class ReasonBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One reason. `text`: what a writer reads, in the site's language; `words`: the same by language tag. `ground`: the
    site's terms, or the law; `clause`: of it, as the writer reads it. `key`: the one key that chooses it, "" for the
    next digit. `strikes`: how many one such refusal counts, for `days`."""

    code: Annotated[str, Meta(pattern=f"^[a-z][a-z0-9_]{{0,39}}{END}")]
    text: Annotated[str, Meta(min_length=1, max_length=300)]
    label: Annotated[str, Meta(max_length=60)] = ""
    words: dict[str, str] = {}
    ground: Literal["terms", "illegal"] = "terms"
    clause: Annotated[str, Meta(max_length=100)] = ""
    key: Annotated[str, Meta(pattern=f"^[a-z1-9]?{END}")] = ""
    strikes: Count = 1
    days: Annotated[int, Meta(ge=1, le=3650)] = 90


class LadderBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From how many strikes on the desk proposes what; 0: never."""

    warn: Count = 3
    hold: Count = 5
    ban: Count = 8


class ReasonsBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`reasons` take the place of all there were; none: back to those that are shipped."""

    reasons: Annotated[list[ReasonBody], Meta(max_length=50)]
    strikes: LadderBody | None = None


class ReasonsAnswer(Struct, frozen=True, kw_only=True):
    """`own`: whether they are the site's, and not those that are shipped. In the order in which they are offered."""

    site: str
    own: bool
    language: str | None
    reasons: list[ReasonBody]
    strikes: LadderBody


@reason_api.get("")
@open_to("viewer")
@described(
    "Why comments are refused here, and what writers read", answers={200: ReasonsAnswer}, refusals=(401, 403, 404)
)
def get_reasons(site: str) -> Response:
    with current_services().read() as session:
        return json_answer(view(site_named(session, site, "viewer")))


@reason_api.put("")
@open_to("admin")
@described(
    "Say why comments are refused here, all reasons at once",
    body=ReasonsBody,
    answers={200: ReasonsAnswer},
    refusals=(400, 401, 403, 404, 415, 422, 503),
)
def put_reasons(site: str) -> Response:
    body = read_json(ReasonsBody)
    at = reached_site(site, "admin")
    return json_answer(view(keep(current_services(), current_actor(), at, body)))


def keep(services: Services, actor: Actor, site: Site, body: ReasonsBody) -> Site:
    """Changes the site. Raises Invalid, and what `change_site` does."""
    codes = [reason.code for reason in body.reasons]
    if len(set(codes)) < len(codes):
        raise Invalid(errors=[FieldError("reasons", "repeated", "Each reason has a code of its own.")])
    settings: dict[str, Any] = {
        "reasons": {reason.code: reason.text for reason in body.reasons},
        "reason_details": {reason.code: msgspec.to_builtins(_details(reason)) for reason in body.reasons},
    }
    if body.strikes is not None:
        ladder = StrikeLadder(warn=body.strikes.warn, hold=body.strikes.hold, ban=body.strikes.ban)
        settings["strikes"] = msgspec.to_builtins(ladder)
    return change_site(services, actor, site.id, settings=settings)


def view(site: Site) -> ReasonsAnswer:
    settings = site.settings
    found = []
    for code, text in reasons_of(settings).items():
        own = details_of(settings, code)
        found.append(
            ReasonBody(
                code=code,
                text=text,
                label=own.label or label(code),
                words=own.words,
                ground=own.ground.value,
                clause=own.clause,
                key=own.key,
                strikes=own.strikes,
                days=own.days,
            )
        )
    ladder = settings.strikes
    return ReasonsAnswer(
        site=site.slug,
        own=bool(settings.reasons),
        language=settings.language,
        reasons=found,
        strikes=LadderBody(warn=ladder.warn, hold=ladder.hold, ban=ladder.ban),
    )


def _details(reason: ReasonBody) -> ReasonDetails:
    return ReasonDetails(
        label="" if reason.label == label(reason.code) else reason.label,
        words=reason.words,
        ground=Ground(reason.ground),
        clause=reason.clause,
        key=reason.key,
        strikes=reason.strikes,
        days=reason.days,
    )
