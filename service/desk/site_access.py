"""Which sites somebody reaches: what is outside is not there."""

from collections.abc import Collection

from flask import g
from sqlalchemy.orm import Session

from models import Comment, CommentVersion, Report, Site, Thread
from models.database.ids import is_id
from models.queries.comments import one_comment
from models.queries.sites import sites_reached
from service.accounts.access import Actor, current_actor
from service.errors import NotFound
from service.wiring import current_services


def reached(session: Session, level: str, actor: Actor | None = None) -> dict[str, Site]:
    """Slug -> site, of all sites where the caller has the level; looked up once a request."""
    actor = actor or current_actor()
    known: dict[str, dict[str, Site]] = g.setdefault("rejoinder_reach", {})
    if level not in known:
        known[level] = {site.slug: site for site in session.scalars(sites_reached(actor.site_ids(level)))}
    return known[level]


def site_named(session: Session, slug: str, *levels: str) -> Site:
    """The site, if the caller has one of the levels there.

    Raises NotFound for a site out of reach as for one that is not there, Forbidden for a role too low.
    """
    actor = current_actor()
    everywhere = {site.slug: site for site in session.scalars(sites_reached(_all_of(actor)))}
    site = everywhere.get(slug)
    if site is None:
        raise NotFound("There is no such site.")
    if not any(actor.can(level, site.id) for level in levels):
        actor.require(levels[0], site.id)
    return site


def reached_site(slug: str, *levels: str) -> Site:
    """`site_named` for views that read nothing else before they act: it keeps no session open. Raises as that does."""
    with current_services().read() as session:
        return site_named(session, slug, *levels)


def sites_asked(session: Session, slug: str, level: str) -> dict[str, Site]:
    """The one site that is asked for, or all that the caller reaches: id -> site. Raises NotFound."""
    if slug:
        site = site_named(session, slug, level)
        return {site.id: site}
    return {site.id: site for site in reached(session, level).values()}


def comment_reached(session: Session, comment_id: str, level: str) -> tuple[Comment, CommentVersion, Thread]:
    """A comment, its current version and its thread. Raises NotFound, Forbidden."""
    row = session.execute(one_comment(comment_id)).first()
    # Word for word the same answer for what is elsewhere, or it would tell which ids there are.
    unknown = NotFound("There is no such comment.")
    if row is None:
        raise unknown
    comment, version, thread = row
    try:
        current_actor().require(level, comment.site_id)
    except NotFound:
        raise unknown from None
    return comment, version, thread


def report_reached(session: Session, report_id: str, level: str) -> Report:
    """A reader's report. Raises NotFound, Forbidden."""
    unknown = NotFound("There is no such report.")
    report = session.get(Report, report_id) if is_id(report_id) else None
    if report is None:
        raise unknown
    try:
        current_actor().require(level, report.site_id)
    except NotFound:
        raise unknown from None
    return report


def _all_of(actor: Actor) -> Collection[str] | None:
    return None if "" in actor.sites else list(actor.sites)
