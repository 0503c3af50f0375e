"""The plain page: a thread's comments and the form, for browsers without JavaScript and for framing.

A form that is refused comes back as this page, with what was typed and what is wrong by the fields.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from flask import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import DEEPEST, Site, SiteSettings
from models.database.ids import is_id
from models.queries.threads import thread_named
from service.errors import FieldError, Invalid, NotFound, Refused, Unavailable
from service.intake.forms import form_fields
from service.intake.submission.fields import TOKEN_MAX, read_thread_key, title_of_page
from service.intake.submission.form_tokens import issue_token
from service.intake.submission.page_addresses import own_page
from service.localization import in_a_row, words_of
from service.localization.pages import go_on_in, language_asked
from service.publishing.documents import read_thread_page as published_page
from service.publishing.query import MAX_LIMIT, PageQuery
from service.publishing.thread_rows import CommentUnknown, names_shown, read_comment
from service.widget.refusals import as_notice, refused_page
from service.widget.rendering import render_page
from service.widget.vote_forms import VoteButtons, vote_buttons
from service.wiring import Services

# What the form shows again; the rest of a refused form is ours, not the reader's.
TYPED = ("name", "email", "website", "body", "notify", "notify_replies", "confirm", "terms")
# Comments on one printed page; a link leads on to the rest.
MOST_PRINTED = 1000
# The site (none while the database is away), the published page with its steps and votes, the comment to be answered,
# the place made sure of, the language of the article (none where the newsroom has not said it).
_Loaded = tuple[
    Site | None, dict[str, Any], list["Step"], VoteButtons, dict[str, Any] | None, "EmbedRequest", str | None
]
_EMPTY: dict[str, Any] = {"thread": {"title": "", "open": True, "count": 0}, "comments": [], "next_cursor": None}


@dataclass(frozen=True, slots=True)
class Step:
    """A comment of the public JSON on the way through a page's conversations, each before the replies to it.

    `above`: the name of who is answered. `opens`: a list begins with it. `closes`: how many lists end after it;
    `answered`: its replies come next, so that it ends with their list. `elsewhere`: the id of the comment it answers,
    if that one stands on another page. `beyond`: it answers one of the deepest level that is nested, and stands there.
    """

    comment: dict[str, Any]
    depth: int
    above: str
    opens: bool
    answered: bool
    closes: int
    elsewhere: str = ""
    beyond: bool = False


def answered_elsewhere(comments: Sequence[dict[str, Any]]) -> set[str]:
    """Ids of the comments that are answered here and stand on another page."""
    return {comment["parent_id"] for comment in comments if comment["parent_id"]} - {
        comment["id"] for comment in comments
    }


def steps(
    comments: Sequence[dict[str, Any]], names: Mapping[str, str] | None = None, *, most: int = DEEPEST
) -> list[Step]:
    """Flat, parents first -> in the order of nested lists. A reply whose parent stands on another page begins one.

    `names`: who wrote what is answered on another page, by id; those that show no name are left out. `most`: how many
    levels of replies are nested; those below stand on the deepest, in the order of the conversation.
    """
    here, names = {comment["id"] for comment in comments}, names or {}
    below: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for comment in comments:
        below[comment["parent_id"] if comment["parent_id"] in here else ""].append(comment)
    way: list[tuple[dict[str, Any], int, str, bool]] = []
    todo = [(comment, 0, names.get(comment["parent_id"], ""), False) for comment in reversed(below[""])]
    while todo:
        comment, depth, above, beyond = todo.pop()
        way.append((comment, depth, above, beyond))
        name = comment["author"]["name"] if comment["author"] else ""
        replies = reversed(below.get(comment["id"], []))
        todo += [(reply, min(depth + 1, most), name, depth == most) for reply in replies]
    depths = [-1, *(depth for _, depth, _, _ in way), -1]
    return [
        Step(
            comment,
            depth,
            above,
            opens=depth > before,
            answered=after > depth,
            closes=max(0, depth - after),
            elsewhere="" if depth else comment["parent_id"] or "",
            beyond=beyond,
        )
        for (comment, depth, above, beyond), before, after in zip(way, depths, depths[2:], strict=False)
    ]


@dataclass(frozen=True, slots=True)
class EmbedRequest:
    """Which thread the page shows, on which article, and what of it. `voter`: the token that this reader voted with."""

    site: str
    thread: str
    page_url: str = ""
    page_title: str = ""
    asked: PageQuery = field(default_factory=PageQuery)
    reply_to: str = ""
    # To be printed: all comments, and nothing to be pressed.
    printed: bool = False
    voter: str = ""

    def link(self, **changes: str) -> str:
        """The query string of this page with some of it changed."""
        fields = {
            "thread": self.thread,
            "page_url": self.page_url,
            "page_title": self.page_title,
            "sort": self.asked.sort if self.asked.sort != "oldest" else "",
            "filter": self.asked.only or "",
            "lang": language_asked() or "",
            "print": "1" if self.printed else "",
            "voter": self.voter,
        } | changes
        return "?" + urlencode({name: value for name, value in fields.items() if value})


def embed_page(services: Services, place: EmbedRequest) -> Response:
    """The page as it is asked for. Raises UnknownSite, ThreadHidden, InvalidQuery, Unavailable."""
    return _draw(services, place, *_load(services, place))


def refused_form(
    services: Services, slug: str, values: Mapping[str, str], refused: Refused, part: PageQuery | None = None
) -> Response:
    """The page again after `refused`, with what was typed; where no thread can be made out, the refusal in words.

    `part`: of the thread, where it was not the first.
    """
    try:
        asked = EmbedRequest(
            site=slug,
            thread=read_thread_key(values.get("thread", "")),
            page_url=values.get("page_url", ""),
            page_title=title_of_page(values.get("page_title", "")),
            asked=part or PageQuery(),
            reply_to=values.get("parent_id", ""),
            voter=values.get("voter", "")[:TOKEN_MAX],
        )
        try:
            loaded = _load(services, asked)
        except Unavailable:
            # What was typed must not be lost with the database: the form alone, for another try.
            loaded = None, _EMPTY, [], VoteButtons(), None, asked, None
    except (NotFound, Invalid):
        return refused_page(refused)
    return _draw(services, asked, *loaded, values=values, refused=refused)


def _load(services: Services, place: EmbedRequest) -> _Loaded:
    asked = place.asked
    shown = _shown(services, place, asked.cursor)
    while place.printed and shown["next_cursor"] and len(shown["comments"]) < MOST_PRINTED:
        more = _shown(services, place, shown["next_cursor"])
        shown = more | {"comments": [*shown["comments"], *more["comments"]]}
    with services.read() as session:
        site = session.scalars(select(Site).where(Site.slug == place.site)).one()
        parent = _parent(session, services, place)
        known = session.scalar(thread_named(site.id, place.thread))
        names = names_shown(session, answered_elsewhere(shown["comments"]))
        votes = VoteButtons()
        if not place.printed:
            votes = vote_buttons(services, session, site, shown["comments"], place.voter)
    told = known.page_for_reader(site)[0] if known is not None else ""
    page_url = own_page(place.page_url, site.origins) or told or f"{site.origins[0]}/"
    return (
        site,
        shown,
        steps(shown["comments"], names, most=site.settings.reply_depth),
        votes,
        parent,
        replace(place, page_url=page_url),
        known.language if known is not None else None,
    )


def _shown(services: Services, place: EmbedRequest, cursor: str | None) -> dict[str, Any]:
    asked = place.asked
    return published_page(
        services,
        place.site,
        place.thread,
        sort=asked.sort,
        limit=MAX_LIMIT if place.printed else asked.limit,
        cursor=cursor,
        around=None if place.printed else asked.around,
        only=asked.only,
    )


def _parent(session: Session, services: Services, place: EmbedRequest) -> dict[str, Any] | None:
    """The comment that is to be answered; none when it is gone meanwhile."""
    if not is_id(place.reply_to):
        return None
    try:
        found = read_comment(session, place.site, place.reply_to, services.settings.public_url)
    except CommentUnknown:
        return None
    return None if found.author is None else {"id": found.id, "name": found.author.name, "html": found.html}


def _draw(
    services: Services,
    asked_place: EmbedRequest,
    site: Site | None,
    shown: dict[str, Any],
    way: list[Step],
    votes: VoteButtons,
    parent: dict[str, Any] | None,
    place: EmbedRequest,
    article: str | None,
    *,
    values: Mapping[str, str] | None = None,
    refused: Refused | None = None,
) -> Response:
    values = values or {}
    errors = refused.errors if refused is not None else []
    now = services.clock.now()
    typed = {name: values.get(name, "") for name in TYPED}
    settings = site.settings if site is not None else SiteSettings()
    go_on_in(*settings.languages_of_readers(article))
    messages = {error.field: words_of(error) for error in errors}
    origins = tuple(site.origins) if site is not None else ()
    response = render_page(
        "widget/embed.html",
        status=200 if refused is None else refused.status,
        frame_ancestors=origins,
        # A printed page has its height on paper.
        scripted=not place.printed,
        origins=origins,
        place=place,
        settings=settings,
        fields=form_fields(settings, mails=services.settings.sends_mail),
        theirs=article or settings.language or "",
        lang=language_asked(),
        thread=shown["thread"],
        # Until one is known, what is sent from here names the front page.
        # While the database is away nobody can say whose page it is: none is named.
        on_site=site is not None,
        names_article=site is not None and place.page_url not in {f"{origin}/" for origin in origins},
        steps=way,
        votes=votes,
        next_cursor=shown["next_cursor"],
        parent=parent,
        parent_gone=bool(asked_place.reply_to) and parent is None and site is not None,
        typed=typed,
        messages=messages,
        notice=_notice(refused, [error for error in errors if error.field not in typed]),
        token=_token(services, site, values, refused),
        offer_correction=not any(error.code == "email_typo" for error in errors),
        now=now,
    )
    response.headers["Cache-Control"] = "private, no-store"
    if refused is not None:
        response.headers.update(refused.headers)
    return response


def _notice(refused: Refused | None, elsewhere: Sequence[FieldError]) -> str:
    """What is wrong, where it is not wrong with a field that can be seen."""
    if refused is None:
        return ""
    if elsewhere:
        return in_a_row(words_of(error) for error in elsewhere)
    return "" if refused.errors else as_notice(refused)


def _token(services: Services, site: Site | None, values: Mapping[str, str], refused: Refused | None) -> str:
    """The form's token: the same over corrections, so that its nonce still catches a double click."""
    used_up = refused is not None and refused.code == "idempotency_key_reused"
    if values.get("token") and not used_up:
        return values["token"]
    return issue_token(services.keyring, site, services.clock.now()) if site is not None else ""
