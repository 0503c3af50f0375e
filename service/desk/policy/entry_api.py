"""Words and domains chosen beside a comment: proposed by moderators, observed and switched on by administrators."""

from collections.abc import Mapping

from flask import Blueprint, Response
from msgspec.structs import asdict

from models import PolicyEntry, Site
from service.accounts.access import Actor, current_actor, open_to
from service.described import described
from service.desk.actor_names import names_of_actors
from service.desk.policy import entry_types as types
from service.desk.requests import read_json, read_query
from service.desk.responses import json_answer, keep_private
from service.desk.site_access import comment_reached, reached_site, site_named
from service.errors import NotFound
from service.moderation.jobs.look_back import would_catch
from service.moderation.policies.entries import change, choose, entries_of, read_entry
from service.statement_limits import stop_with_client
from service.wiring import Services, current_services

entry_api = Blueprint("entries", __name__, url_prefix="/api/v1/moderation/sites/<site>/policy/entries")
entry_api.after_request(keep_private)


@entry_api.get("")
@open_to("moderator")
@described(
    "Words and domains that were chosen beside a comment, newest first",
    query=types.EntriesQuery,
    answers={200: types.EntriesAnswer},
    refusals=(401, 403, 404, 422),
)
def get_entries(site: str) -> Response:
    return json_answer(find_entries(current_services(), site, read_query(types.EntriesQuery)))


@entry_api.post("")
@open_to("moderator")
@described(
    "Choose a word or domain for the policy: observed at once for an administrator, else proposed to one",
    body=types.EntryBody,
    answers={201: types.NewEntry},
    refusals=(400, 401, 403, 404, 409, 415, 422, 429, 503),
)
def post_entry(site: str) -> Response:
    services, actor = current_services(), current_actor()
    at = reached_site(site, "moderator")
    entry = add_entry(services, actor, at, read_json(types.EntryBody))
    found = caught(services, at, types.CaughtQuery(kind=entry.kind, text=entry.text))
    return json_answer(types.NewEntry(**asdict(entry), caught=found), 201)


@entry_api.get("/caught")
@open_to("moderator")
@described(
    "What a word or domain alone would have found lately; changes nothing",
    query=types.CaughtQuery,
    answers={200: types.CaughtAnswer},
    refusals=(401, 403, 404, 422),
)
def get_caught(site: str) -> Response:
    query = read_query(types.CaughtQuery)
    stop_with_client()
    return json_answer(caught(current_services(), reached_site(site, "moderator"), query))


@entry_api.post("/<entry_id>")
@open_to("admin")
@described(
    "Observe an entry, switch it on, or decline it; the policy gets a new version",
    body=types.EntryChange,
    answers={200: types.EntryView},
    refusals=(400, 401, 403, 404, 409, 415, 422, 429, 503),
)
def post_change(site: str, entry_id: str) -> Response:
    services, actor = current_services(), current_actor()
    at = reached_site(site, "admin")
    made = change(services, actor, at, entry_id, read_json(types.EntryChange).to)
    return json_answer(_views(services, [made])[0])


def add_entry(services: Services, actor: Actor, site: Site, body: types.EntryBody) -> types.EntryView:
    """Chooses it. Raises NotFound for a comment of elsewhere, Invalid, PolicyChanged, NotByMachine."""
    if body.comment_id is not None:
        with services.read() as session:
            comment, _, _ = comment_reached(session, body.comment_id, "moderator")
        if comment.site_id != site.id:
            raise NotFound("There is no such comment.")
    made = choose(services, actor, site, body.kind, body.text, body.comment_id)
    return _views(services, [made])[0]


def caught(services: Services, site: Site, query: types.CaughtQuery) -> types.CaughtAnswer:
    """The look back. Raises Invalid for what cannot be an entry."""
    found = would_catch(services, site, query.kind, read_entry(query.kind, query.text), days=query.days)
    return types.CaughtAnswer(
        days=query.days,
        looked_at=found.looked_at,
        found=found.found,
        by_status=dict(found.by_status),
        complete=found.complete,
        examples=[
            types.CaughtExample(
                comment_id=one.comment_id,
                name=one.name,
                text=one.text,
                status=one.status,
                start=one.start,
                end=one.end,
            )
            for one in found.examples
        ],
    )


def find_entries(services: Services, slug: str, query: types.EntriesQuery) -> types.EntriesAnswer:
    """A page of the entries. Raises NotFound, Forbidden."""
    with services.read() as session:
        site = site_named(session, slug, "moderator")
        rows = list(session.scalars(entries_of(site.id, query.cursor).limit(query.limit + 1)))
    page = rows[: query.limit]
    return types.EntriesAnswer(_views(services, page), page[-1].id if len(rows) > query.limit else None)


def find_entry(services: Services, site: Site, entry_id: str) -> types.EntryView:
    """One entry. Raises NotFound."""
    with services.read() as session:
        entry = session.get(PolicyEntry, entry_id)
        if entry is None or entry.site_id != site.id:
            raise NotFound("There is no such entry.")
    return _views(services, [entry])[0]


def _views(services: Services, entries: list[PolicyEntry]) -> list[types.EntryView]:
    with services.read() as session:
        people = {person or "" for entry in entries for person in (entry.created_by, entry.changed_by)}
        names: Mapping[str, str] = names_of_actors(session, people)
    return [
        types.EntryView(
            id=entry.id,
            kind=entry.kind,
            text=entry.text,
            state=entry.state,
            comment_id=entry.comment_id,
            policy_version=entry.policy_n,
            by=names.get(entry.created_by or ""),
            created_at=entry.created_at,
            changed_by=names.get(entry.changed_by or ""),
            changed_at=entry.changed_at,
        )
        for entry in entries
    ]
