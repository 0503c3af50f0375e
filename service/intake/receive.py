"""One comment's way in: checked, counted, committed, answered. The order of the steps is the contract's."""

from collections.abc import Collection
from contextlib import nullcontext
from dataclasses import dataclass, field

from flask import current_app
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Comment, Receipt, Site, SiteSettings, Thread, ThreadState
from models.site import is_slug
from service.errors import Conflict, FieldError, Invalid, UnknownSite
from service.intake.arrivals import RECEIPT, Received, make_arrival
from service.intake.cors import check_origin
from service.intake.group_commit import GroupCommit
from service.intake.idempotency import Key, KeyLocks, key_of, known
from service.intake.rate_limits import take_from_limits
from service.intake.submission.address_syntax import disposable
from service.intake.submission.fields import UNKNOWN_PARENT, Submission, read_submission
from service.intake.submission.form_tokens import FormToken, intake_facts, read_token
from service.intake.submission.hidden_addresses import holds_address
from service.intake.submission.page_addresses import own_page
from service.intake.submission.raw import RawSubmission
from service.intake.submission.web_addresses import is_origin_of
from service.moderation.places import find_placed
from service.privacy.bans import matching_bans
from service.privacy.chains import chain_of_receipt
from service.privacy.prefixes import prefix_hash, prefix_hashes
from service.queue.limits import Limiter
from service.wiring import Services

EXTENSION = "rejoinder.intake"


class ThreadClosed(Conflict):
    code, title = "thread_closed", "Comments are closed here"


class ReceiptRevoked(Conflict):
    code, title = "receipt_revoked", "This comment's receipt was revoked"


class Intake:
    """What lives as long as the application: the group commit, the locks of keys, the limiter."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.commits = GroupCommit(services)
        self.key_locks = KeyLocks()
        self.limiter = Limiter(services.redis)


def current_intake() -> Intake:
    intake: Intake = current_app.extensions[EXTENSION]
    return intake


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a request came from. `ip` is None where the server cannot tell."""

    ip: str | None = field(repr=False)
    origin: str | None
    own_origins: Collection[str]
    referer: str | None = field(default=None, repr=False)

    def page_of(self, origins: Collection[str]) -> str | None:
        """The page of the site that the browser says it shows: whole where it tells more than the origin."""
        if self.origin is None or not is_origin_of(self.origin, origins):
            return None
        # The page of our own that frames a form is not the article's.
        framed = is_origin_of(self.origin, self.own_origins)
        own = None if self.referer is None or framed else own_page(self.referer, origins)
        return own or self.origin


@dataclass(frozen=True, slots=True)
class _Checked:
    """A submission with what the database knew about it."""

    site: Site
    submission: Submission
    token: FormToken
    key: Key | None
    key_expired: bool
    thread_id: str | None
    parent_id: str | None
    chain_id: str | None
    # Ids of bans that meet the network; what they mean is decided with the comment.
    bans: list[str]


def receive(intake: Intake, slug: str, raw: RawSubmission, caller: Caller, key_header: str | None = None) -> Received:
    """Takes one comment; when this returns, it is committed.

    Raises UnknownSite, ForeignOrigin, Invalid (fields, unknown parent, a key with another body), ThreadClosed,
    SentTooOften, Unavailable. The same key with the same body gets the first answer again, before any limit.
    """
    token = raw.values.get("token")
    name = key_header or (token if raw.form and isinstance(token, str) else None)
    held = intake.key_locks.hold(f"{slug} {name}".encode(errors="replace")) if name else nullcontext()
    with held:
        with intake.services.read() as session:
            checked = _check(session, intake.services, slug, raw, caller, key_header)
        if isinstance(checked, Received):
            return checked
        return _store(intake, checked, caller)


def _check(
    session: Session, services: Services, slug: str, raw: RawSubmission, caller: Caller, key_header: str | None
) -> "_Checked | Received":
    now, keyring = services.clock.now(), services.keyring
    site = site_by_slug(session, slug)
    check_origin(caller.origin, [*site.origins, *caller.own_origins])
    submission = read_submission(raw, site.settings, site.origins, caller.page_of(site.origins))
    token = read_token(keyring, site, submission.token, now)
    key = key_of(keyring, key_header, token.nonce if raw.form else None, raw.values)
    earlier = None if key is None else known(session, site.id, key, now)
    if key is not None and earlier is not None and not earlier.expired:
        key.refuse_other_body(earlier.digest)
        return _first_answer(session, services, site.id, earlier.comment_id)
    return _Checked(
        site=site,
        submission=submission,
        token=token,
        key=key,
        key_expired=earlier is not None,
        thread_id=_thread_of(session, site, submission),
        parent_id=_parent_of(session, site.settings, submission),
        chain_id=_proven_chain(session, services, site, submission),
        bans=matching_bans(
            session,
            site_id=site.id,
            prefix_hashes=[] if caller.ip is None else prefix_hashes(keyring, caller.ip, now),
            now=now,
        ),
    )


def _store(intake: Intake, checked: _Checked, caller: Caller) -> Received:
    services, site, submission = intake.services, checked.site, checked.submission
    now, keyring = services.clock.now(), services.keyring
    take_from_limits(
        intake.limiter,
        keyring,
        services.settings.submit_limit,
        site_id=site.id,
        ip=caller.ip,
        address=submission.email.normal,
        now=now,
    )
    facts = intake_facts(submission, checked.token, disposable=disposable(submission.email.domain))
    arrival = make_arrival(
        submission,
        keyring,
        site,
        thread_id=checked.thread_id,
        parent_id=checked.parent_id,
        chain_id=checked.chain_id,
        prefix_hash=None if caller.ip is None else prefix_hash(keyring, caller.ip, now),
        facts=facts | ({"bans": checked.bans} if checked.bans else {}),
        key=checked.key,
        key_expired=checked.key_expired,
        now=now,
    )
    try:
        intake.commits.store(arrival)
    except IntegrityError:
        # Another process was faster with the same key; anything else is a fault of ours.
        if checked.key is None:
            raise
        with services.read() as session:
            first = known(session, site.id, checked.key, now)
            if first is None:
                raise
            checked.key.refuse_other_body(first.digest)
            return _first_answer(session, services, site.id, first.comment_id)
    return arrival.received


def site_by_slug(session: Session, slug: str) -> Site:
    """Raises UnknownSite."""
    site = session.scalar(select(Site).where(Site.slug == slug)) if is_slug(slug) else None
    if site is None:
        raise UnknownSite("Check the name of the site in the address.")
    return site


def _thread_of(session: Session, site: Site, submission: Submission) -> str | None:
    """The thread's id, or None when this is its first comment.

    Raises ThreadClosed, and Invalid for an unknown parent or a new key that holds an e-mail address.
    """
    thread = session.execute(
        select(Thread.id, Thread.state).where(Thread.site_id == site.id, Thread.key == submission.thread)
    ).one_or_none()
    if thread is not None and thread.state is not ThreadState.OPEN:
        raise ThreadClosed("This page takes no further comments.")
    if thread is None and holds_address(submission.thread):
        # The newsroom may name its threads as it likes; a reader must not name one after somebody.
        words = "A new thread's key holds no e-mail address; the newsroom can make such a thread itself."
        raise Invalid(errors=[FieldError("thread", "looks_like_email", words)])
    if submission.parent_id is not None:
        # Visible, so that an approved comment with an edit under review can be answered too.
        parent = select(Comment.id).where(
            Comment.id == submission.parent_id,
            Comment.site_id == site.id,
            Comment.thread_id == (thread.id if thread is not None else ""),
            Comment.published_version.is_not(None),
        )
        if session.scalar(parent) is None:
            raise Invalid(errors=[FieldError("parent_id", *UNKNOWN_PARENT)])
    return None if thread is None else str(thread.id)


def _parent_of(session: Session, settings: SiteSettings, submission: Submission) -> str | None:
    """What the comment will stand under: what it answers or, where that is as deep as the site lets replies go, the
    comment above it that leaves the reply on the deepest level."""
    if submission.parent_id is None:
        return None
    # Without a place, in a thread that was not read since places came, `DEEPEST` holds when the reply is published.
    parent = find_placed(session.connection(), [submission.parent_id]).get(submission.parent_id)
    if parent is None or parent.depth < settings.reply_depth:
        return submission.parent_id
    return parent.above[settings.reply_depth - 1]


def _proven_chain(session: Session, services: Services, site: Site, submission: Submission) -> str | None:
    if submission.earlier_receipt is None:
        return None
    return chain_of_receipt(session, services.keyring, site_id=site.id, receipt=submission.earlier_receipt)


def _first_answer(session: Session, services: Services, site_id: str, comment_id: str) -> Received:
    receipt = session.get_one(Receipt, comment_id)
    if receipt.revoked_at is not None:
        raise ReceiptRevoked("The comment arrived the first time.")
    return Received(comment_id, services.keyring.open(RECEIPT, site_id, comment_id, receipt.sealed))
