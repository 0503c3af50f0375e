"""What the page behind a confirmation mail's link shows, and what its buttons do.

It lists every comment that came with the mail's very address and waits for a proof, so that its owner reads what they
answer for, and no mail that was sent first hides a comment that came later. What an earlier receipt or a login has
proven stays its writer's, whatever is answered here: asked is only whether their mail may come to this address.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from models import AddressPurpose, AddressRecord, Comment, CommentVersion, ProofLink, ProofMethod, Site, Status, Thread
from models.database.ids import is_id
from models.queries.conditions import current_version
from service.database_errors import again_when_contended
from service.markup import up_to_date
from service.moderation.addresses.disowning import disown
from service.moderation.mail_requests import tell_earlier_replies
from service.moderation.moves import Move
from service.moderation.record import count_moves, send_hints
from service.privacy.addresses import address_of, indexes_of_exact, open_address
from service.privacy.chains import address_takes_mail, allow_mail, prove_by_link
from service.privacy.links import COMMENT_GONE, LinkBroken, find_proof_link
from service.queue.wakes import wake_deliveries, wake_threads
from service.wiring import Services

PER_PAGE = 20

MINE, NOT_MINE = "mine", "not_mine"
# `unread`: the button was not beside the text that is there now. `gone`: nothing waits under that id any more.
# `not_address`: the comment is its writer's, by their receipt, and the address is not.
Said = Literal["mine", "not_mine", "not_address", "unread", "gone"]

_Row = tuple[Comment, bool, CommentVersion, Thread]


@dataclass(frozen=True, slots=True)
class Answer:
    """One press of a button, as it came: which comment, which of its texts was on the page, and what was said."""

    comment_id: str
    version: str
    answer: str


@dataclass(frozen=True, slots=True)
class ShownComment:
    """One comment as its page shows it. `html` is as readers see it, or would; `version` names that text."""

    id: str
    version: int
    name: str
    website: str | None
    html: str
    at: datetime
    edited: bool
    article: str
    url: str
    confirmed: bool
    disowned: bool
    published: bool

    @property
    def waits(self) -> bool:
        return not (self.confirmed or self.disowned)


@dataclass(frozen=True, slots=True)
class ProofPage:
    """The page of one link. `older`: from which comment on the next page goes; `said`: what a press has done;
    `languages`: what its reader is spoken to in, the likeliest first."""

    site_name: str
    comments: list[ShownComment]
    older: str | None
    said: Said | None = None
    languages: tuple[str | None, ...] = ()

    @property
    def waiting(self) -> int:
        return sum(comment.waits for comment in self.comments)


def open_proof(services: Services, token: str, before: str = "") -> ProofPage:
    """The page, newest comment first; `before`: only those older than this one. Raises LinkBroken, LinkExpired."""
    with services.read() as session:
        link = find_proof_link(session, services.keyring, token, services.clock.now())
        return _page(services, session, link, before, {link.comment_id})


@again_when_contended
def answer(services: Services, token: str, pressed: Answer, before: str = "") -> ProofPage:
    """The owner of the address pressed a button: the comment is proven, or disowned. Raises as `open_proof`.

    Each comment takes one answer; once more changes nothing. A button proves only the text that stood beside it: an
    edit since then is read first.
    """
    now = services.clock.now()
    moves: list[Move] = []
    proven_in: list[str] = []
    tells = False
    with services.write() as session:
        link = find_proof_link(session, services.keyring, token, now)
        asked = _asked(services, session, link, pressed.comment_id)
        comment, proved = asked if asked is not None else (None, False)
        said: Said
        if comment is None:
            said = "gone"
        elif proved or comment.disowned_at is not None:
            said = "mine" if proved else "not_mine"
        elif pressed.version != str(comment.current_version) or pressed.answer not in (MINE, NOT_MINE):
            said = "unread"
        else:
            link.used_at = link.used_at or now
            if pressed.answer == MINE:
                said = "mine"
                confirm = prove_by_link if comment.proven is None else allow_mail
                confirm(session, services.keyring, comment, now)
                proven_in.append(comment.thread_id)
                tells = services.settings.sends_mail and tell_earlier_replies(session, comment, now)
            elif comment.proven is not None:
                said = "not_address"
                comment.wants_confirm = comment.wants_notify = comment.wants_replies = False
            else:
                said = "not_mine"
                moves = disown(session, comment.id, now)
                session.expire_all()
        shown = {link.comment_id} if comment is None else {link.comment_id, comment.id}
        page = _page(services, session, link, before, shown, said)
    if proven_in:
        wake_threads(services.redis, proven_in)
    if tells:
        wake_deliveries(services.redis)
    if moves:
        send_hints(services.redis, moves, mails=False)
        count_moves(moves, now)
    return page


def _asked(services: Services, session: Session, link: ProofLink, comment_id: str) -> tuple[Comment, bool] | None:
    """The comment of this id, locked, if the link's address answers for it and it is still there to be answered for;
    and whether that is done."""
    if not is_id(comment_id):
        return None
    address = _address(services, session, link)
    if address is None:
        return None
    found = session.execute(
        select(Comment, address.proved)
        .where(Comment.id == comment_id, address.same, _asks())
        .with_for_update(of=Comment, key_share=True)
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def _page(
    services: Services, session: Session, link: ProofLink, before: str, shown: set[str], said: Said | None = None
) -> ProofPage:
    """`shown`: comments that are on it although they were answered for."""
    own = session.get(Comment, link.comment_id)
    if own is None:
        raise LinkBroken(COMMENT_GONE)
    site = session.get_one(Site, own.site_id)
    site_name = site.name or site.slug
    article = session.get_one(Thread, own.thread_id).language
    languages = site.settings.languages_of_readers(article, own.language)
    address = _address(services, session, link)
    if address is None:
        return ProofPage(site_name, [], None, said, languages)
    unanswered = and_(~address.proved, Comment.disowned_at.is_(None))
    query: Select[*_Row] = (
        select(Comment, address.proved, CommentVersion, Thread)
        .join(CommentVersion, current_version())
        .join(Thread, Thread.id == Comment.thread_id)
        .where(address.same, _asks(), or_(unanswered, Comment.id.in_(shown)))
        .order_by(Comment.id.desc())
        .limit(PER_PAGE + 1)
    )
    if is_id(before):
        query = query.where(Comment.id < before)
    rows = session.execute(query).all()
    comments = [_shown(site, *row) for row in rows[:PER_PAGE]]
    return ProofPage(site_name, comments, comments[-1].id if len(rows) > PER_PAGE else None, said, languages)


def _shown(site: Site, comment: Comment, proved: bool, version: CommentVersion, thread: Thread) -> ShownComment:
    url, article = thread.page_for_reader(site, comment.page_url, comment.page_title)
    return ShownComment(
        id=comment.id,
        version=version.n,
        name=comment.name,
        website=comment.website,
        html=up_to_date(version.text, version.html, version.renderer),
        at=comment.created_at,
        edited=version.n > 1,
        article=article,
        url=url,
        confirmed=proved,
        disowned=comment.disowned_at is not None,
        published=comment.published_version is not None,
    )


def _asks() -> ColumnElement[bool]:
    """Whether its writer asked for mail, and got it or will: never for what is refused, withdrawn or not judged yet.

    The link that was asked for alone has nothing to say of what a receipt or a login has proven.
    """
    judged = or_(Comment.status.in_((Status.PENDING, Status.APPROVED)), _edited_since_judged())
    by_link = or_(Comment.proven.is_(None), Comment.proven == ProofMethod.LINK)
    return and_(judged, or_(Comment.wants_notify, Comment.wants_replies, and_(by_link, Comment.wants_confirm)))


def _edited_since_judged() -> ColumnElement[bool]:
    return and_(Comment.status == Status.RECEIVED, Comment.current_version > 1)


@dataclass(frozen=True, slots=True)
class _Address:
    """Of a comment: whether it came with the address that the mail went to, to the letter; and whether it was proven by
    that address, or its writer has proved it before."""

    same: ColumnElement[bool]
    proved: ColumnElement[bool]


def _address(services: Services, session: Session, link: ProofLink) -> _Address | None:
    """None where it was erased."""
    record = address_of(session, purpose=AddressPurpose.SUBMISSION, owner_id=link.comment_id)
    if record is None:
        return None
    exact = open_address(services.keyring, record)
    indexes = indexes_of_exact(services.keyring, site_id=record.site_id, exact=exact)
    owners: Any = select(AddressRecord.owner_id).where(
        AddressRecord.site_id == record.site_id,
        AddressRecord.purpose == AddressPurpose.SUBMISSION,
        AddressRecord.exact_index.in_(indexes),
    )
    return _Address(
        same=and_(Comment.site_id == record.site_id, Comment.id.in_(owners)),
        proved=and_(Comment.proven.is_not(None), or_(Comment.proven == ProofMethod.LINK, address_takes_mail(indexes))),
    )
