"""What the link "never write to me" does. Scanners open links, so opening one changes nothing: only its button does."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from models import Comment, Site, Thread
from service.privacy.links import LinkBroken, read_unsubscribe_token, suppress_mail
from service.wiring import Services


@dataclass(frozen=True, slots=True)
class LinkPage:
    """What a link's page says: for which site, and whether it was done already. `languages`: the likeliest first."""

    site_name: str
    languages: tuple[str | None, ...]
    done: bool


def open_unsubscribe(services: Services, token: str) -> LinkPage:
    """Raises LinkBroken."""
    with services.read() as session:
        return _page(session, read_unsubscribe_token(session, services.keyring, token), done=False)


def unsubscribe(services: Services, token: str) -> LinkPage:
    """No mail goes to the comment's address from this site again (RFC 8058: one POST is enough). Raises LinkBroken."""
    with services.write() as session:
        comment_id = read_unsubscribe_token(session, services.keyring, token)
        page = _page(session, comment_id, done=True)
        suppress_mail(session, services.keyring, comment_id, services.clock.now())
    return page


def _page(session: Session, comment_id: str, *, done: bool) -> LinkPage:
    comment = session.get(Comment, comment_id)
    if comment is None:
        raise LinkBroken("The comment it belonged to is not here any more.")
    site = session.get_one(Site, comment.site_id)
    thread = session.get_one(Thread, comment.thread_id)
    languages = site.settings.languages_of_readers(thread.language, comment.language)
    return LinkPage(site.name or site.slug, languages, done)
