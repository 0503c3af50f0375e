"""What the links that end mails do: "never write to me", and no more of the replies in one conversation.

Scanners open links, so opening one changes nothing: only its button does.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from models import AddressPurpose, AddressRecord, Comment, Site, Thread
from service.database_errors import again_when_contended
from service.privacy.addresses import address_of, indexes_of_exact, open_address
from service.privacy.chains import families
from service.privacy.links import (
    COMMENT_GONE,
    LinkBroken,
    read_stop_replies_token,
    read_unsubscribe_token,
    suppress_mail,
    unsubscribe_token,
)
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


@dataclass(frozen=True, slots=True)
class StopPage:
    """What the page of a reply mail's link says. `languages`: the likeliest first; `article`: what the conversation is
    about; `never`: the token of the link that ends all mails."""

    site_name: str
    languages: tuple[str | None, ...]
    article: str
    never: str
    done: bool


def open_stop_replies(services: Services, token: str) -> StopPage:
    """Raises LinkBroken."""
    with services.read() as session:
        comment = _comment(session, read_stop_replies_token(session, services.keyring, token))
        return _stop_page(services, session, comment, done=False)


@again_when_contended
def stop_replies(services: Services, token: str) -> StopPage:
    """Its writer hears of replies to what they wrote with this comment's address in its thread no more (RFC 8058: one
    POST is enough). Raises LinkBroken.

    What is only typed under the address stays as it was: no mail goes out for it, and the receipt of somebody who
    guessed the address would show that its owner pressed the button.
    """
    with services.write() as session:
        comment = _comment(session, read_stop_replies_token(session, services.keyring, token))
        page = _stop_page(services, session, comment, done=True)
        record = address_of(session, purpose=AddressPurpose.SUBMISSION, owner_id=comment.id)
        same: Any = Comment.id == comment.id
        if record is not None:
            exact = open_address(services.keyring, record)
            owners: Any = select(AddressRecord.owner_id).where(
                AddressRecord.site_id == comment.site_id,
                AddressRecord.purpose == AddressPurpose.SUBMISSION,
                AddressRecord.exact_index.in_(indexes_of_exact(services.keyring, site_id=comment.site_id, exact=exact)),
            )
            family = families(session, [comment.chain_id])[comment.chain_id]
            theirs = and_(Comment.id.in_(owners), Comment.proven.is_not(None), Comment.chain_id.in_(family))
            same = or_(same, theirs)
        asked = select(Comment).where(Comment.thread_id == comment.thread_id, same, Comment.wants_replies)
        for row in session.scalars(asked.order_by(Comment.id).with_for_update(of=Comment, key_share=True)):
            row.wants_replies, row.replies_stopped_at = False, services.clock.now()
    return page


def _comment(session: Session, comment_id: str) -> Comment:
    comment = session.get(Comment, comment_id)
    if comment is None:
        raise LinkBroken(COMMENT_GONE)
    return comment


def _stop_page(services: Services, session: Session, comment: Comment, *, done: bool) -> StopPage:
    site, thread = session.get_one(Site, comment.site_id), session.get_one(Thread, comment.thread_id)
    _, article = thread.page_for_reader(site, comment.page_url, comment.page_title)
    never = unsubscribe_token(session, services.keyring, comment.id, services.clock.now())
    languages = site.settings.languages_of_readers(thread.language, comment.language)
    return StopPage(site.name or site.slug, languages, article, never, done)


def _page(session: Session, comment_id: str, *, done: bool) -> LinkPage:
    comment = _comment(session, comment_id)
    site, thread = session.get_one(Site, comment.site_id), session.get_one(Thread, comment.thread_id)
    languages = site.settings.languages_of_readers(thread.language, comment.language)
    return LinkPage(site.name or site.slug, languages, done)
