"""What the link "never write to me" does. Scanners open links, so opening one changes nothing: only its button does."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from models import Comment, Site
from service.privacy.links import LinkBroken, read_unsubscribe_token, suppress_mail
from service.wiring import Services


@dataclass(frozen=True, slots=True)
class LinkPage:
    """What a link's page says: for which site, and whether it was done already."""

    site_name: str
    done: bool


def open_unsubscribe(services: Services, token: str) -> LinkPage:
    """Raises LinkBroken."""
    with services.read() as session:
        return LinkPage(_site_name(session, read_unsubscribe_token(session, services.keyring, token)), False)


def unsubscribe(services: Services, token: str) -> LinkPage:
    """No mail goes to the comment's address from this site again (RFC 8058: one POST is enough). Raises LinkBroken."""
    with services.write() as session:
        comment_id = read_unsubscribe_token(session, services.keyring, token)
        page = LinkPage(_site_name(session, comment_id), True)
        suppress_mail(session, services.keyring, comment_id, services.clock.now())
    return page


def _site_name(session: Session, comment_id: str) -> str:
    comment = session.get(Comment, comment_id)
    if comment is None:
        raise LinkBroken("The comment it belonged to is not here any more.")
    site = session.get_one(Site, comment.site_id)
    return site.name or site.slug
