"""The writer's own door, without an account: what became of a comment, withdraw it, edit it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from models import (
    ActorKind,
    Comment,
    CommentVersion,
    Decision,
    Site,
    SiteSettings,
    Status,
    Thread,
    ThreadState,
    new_id,
)
from models.decision import PEOPLE
from models.queries.complaints import appeals_of
from service.database_errors import again_when_contended
from service.errors import Conflict, NotFound, nphrase
from service.intake.group_commit.look_ups import ThreadClosed
from service.intake.rate_limits import limits_of, take_from_limits
from service.intake.receive import Intake
from service.intake.submission.fields import read_edit
from service.intake.types import AppealState, Reason, ReceiptMessage, ReceiptView
from service.localization import gettext, in_a_row, language_for_readers, speaking_to_reader
from service.localization import noop as N_
from service.markup import up_to_date
from service.moderation.complaints.own_decisions import nobody_else, same_person
from service.moderation.editorial.messages import messages_to
from service.moderation.moves import Action, Move, NewText, edit_by_writer, new_text, withdrawal_by_writer
from service.moderation.reasons import is_known, languages_of, words_for
from service.moderation.record import count_moves, send_hints, standings, write
from service.privacy.prefixes import prefix_hash
from service.privacy.receipts import comment_of_receipt
from service.privacy.sealing import Keyring
from service.tracing import traceparent_here
from service.wiring import Services

# Each is kept, and a moderator gets them all before their eyes.
MOST_VERSIONS = 20
_GONE = frozenset({Status.WITHDRAWN, Status.ERASED})
_REFUSED = frozenset({Status.REJECTED, Status.SPAM})
_APPEALS = {
    "open": N_("Your appeal is waiting. Somebody else than who decided will look at it."),
    "alone": N_("Your appeal is waiting. Nobody else can decide here, so whoever decided looks at it once more."),
    "upheld": N_("Your appeal was looked at. The decision stands."),
    "reversed": N_("Your appeal was looked at. The decision was reversed."),
    "moot": N_("You changed or withdrew your text before the appeal was decided."),
}
_SAME_PERSON = N_("The same person decided again, because nobody else can on this site.")


class UnknownReceipt(NotFound):
    code, title = "unknown_receipt", "There is no comment for this receipt"


class NoLongerYours(Conflict):
    code, title = "decided", "This comment cannot be changed any more"


class TooManyEdits(Conflict):
    code, title = "too_many_edits", "This comment was changed too often"


class NotRefused(Conflict):
    code, title = "not_refused", "Only a refusal can be appealed against"


class AlreadyAppealed(Conflict):
    code, title = "already_appealed", "There was an appeal against this decision"


class TextChanged(Conflict):
    code, title = "text_changed", "Your comment reads differently by now"


def find_comment(session: Session, keyring: Keyring, receipt: str, *, lock: bool = False) -> Comment:
    """The comment of a receipt. Raises UnknownReceipt, also for a revoked one."""
    query = comment_of_receipt(keyring, receipt)
    if query is not None and lock:
        query = query.with_for_update(of=Comment, key_share=True)
    comment = None if query is None else session.scalar(query)
    if comment is None:
        raise UnknownReceipt("Check the address, or post again.")
    return comment


def look(services: Services, receipt: str, asked: str | None = None) -> ReceiptView:
    """What became of the comment; `asked`: the language for a reason, before all others. Raises UnknownReceipt."""
    with services.read() as session:
        return view_of(session, find_comment(session, services.keyring, receipt), services.clock.now(), asked)


def view_of(session: Session, comment: Comment, now: datetime, asked: str | None = None) -> ReceiptView:
    """The comment as its writer may see it. Of one that was withdrawn nothing is told any more."""
    view = _outcome(session, comment, now, asked)
    if comment.status in _GONE:
        return view
    newest = session.get_one(CommentVersion, (comment.id, comment.current_version))
    appealable, last = why_no_appeal(session, comment, now) is None, last_decision(session, comment)
    return msgspec.structs.replace(
        view,
        redacted=newest.redacts is not None,
        messages=[ReceiptMessage(said.text, said.created_at) for said in messages_to(session, comment.id)],
        text=newest.text,
        html=up_to_date(newest.text, newest.html, newest.renderer),
        version=newest.n,
        shown=comment.published_version is not None,
        notify_replies=comment.wants_replies,
        editable=_why_no_edit(session, comment, now) is None and newest.n < MOST_VERSIONS,
        appeal=_appeal(session, comment, asked),
        appealable=appealable,
        appeal_to_the_same=appealable and last is not None and nobody_else(session, comment.site_id, last.actor_id),
    )


def _outcome(session: Session, comment: Comment, now: datetime, asked: str | None) -> ReceiptView:
    if comment.status in _GONE:
        return ReceiptView(comment.id, "withdrawn", comment.decided_at, None)
    refused = _refused(session, comment)
    if refused is None:
        if comment.status is Status.APPROVED:
            return ReceiptView(comment.id, "published", comment.decided_at, None)
        return ReceiptView(comment.id, "waiting", None, None)
    settings, last = _settings(session, comment), last_decision(session, comment)
    if _reads_waiting(refused, last, settings, now):
        return ReceiptView(comment.id, "waiting", None, None)
    # Of a change that was refused, the reason; the text before it stays up.
    languages = languages_of(comment, session.get_one(Thread, comment.thread_id), settings, asked)
    reason = _reason(settings, refused, last, languages)
    if comment.status is Status.APPROVED:
        return ReceiptView(comment.id, "published", comment.decided_at, reason)
    return ReceiptView(comment.id, "rejected", comment.decided_at, reason)


def why_no_appeal(session: Session, comment: Comment, now: datetime) -> Conflict | None:
    """What keeps its writer from appealing against how the comment stands: one appeal a decision, and none against the
    decision about one."""
    refused = None if comment.status in _GONE else _refused(session, comment)
    last = None if refused is None else last_decision(session, comment)
    # Where the receipt still reads "waiting", so does this.
    if refused is None or last is None or _reads_waiting(refused, last, _settings(session, comment), now):
        return NotRefused("There is no decision against it.")
    appeals = session.scalars(appeals_of(comment.id)).all() if comment.complained else []
    if any(appeal.settled_at is None for appeal in appeals) or any(
        last.id in (appeal.against, appeal.decision_id) for appeal in appeals
    ):
        return AlreadyAppealed("What was decided about an appeal is not appealed against again.")
    return None


def _appeal(session: Session, comment: Comment, asked: str | None) -> AppealState | None:
    """The last appeal, where there was one, in the language of reasons."""
    appeals = session.scalars(appeals_of(comment.id)).all() if comment.complained else []
    if not appeals:
        return None
    appeal = appeals[-1]
    if appeal.settled_at is None or appeal.outcome is None:
        alone = nobody_else(session, comment.site_id, appeal.decider_id)
        status, said = "open", [_APPEALS["alone" if alone else "open"]]
    else:
        settled = None if appeal.decision_id is None else session.get(Decision, appeal.decision_id)
        status, said = appeal.outcome.value, [_APPEALS[appeal.outcome.value]]
        if settled is not None and same_person(session, settled.actor_id, appeal.decider_id):
            said.append(_SAME_PERSON)
    thread, settings = session.get_one(Thread, comment.thread_id), _settings(session, comment)
    with speaking_to_reader(language_for_readers(*languages_of(comment, thread, settings, asked))):
        text = in_a_row(map(gettext, said))
    return AppealState(status, text, appeal.text, appeal.created_at, appeal.settled_at)  # type: ignore[arg-type]


@again_when_contended
def withdraw(services: Services, receipt: str) -> ReceiptView:
    """Takes the comment back for good; once withdrawn it stays so. Raises UnknownReceipt."""
    now = services.clock.now()
    moves: list[Move] = []
    with services.write() as session:
        comment = find_comment(session, services.keyring, receipt, lock=True)
        if comment.status not in _GONE:
            standing = standings(session, [comment.id], lock=True)[comment.id]
            moves = write(session, [withdrawal_by_writer(standing, new_id())], now=now, mails=False)
            session.refresh(comment)
        view = view_of(session, comment, now)
    send_hints(services.redis, moves, mails=False)
    count_moves(moves, now)
    return view


@again_when_contended
def stop_replies(services: Services, receipt: str) -> None:
    """No more mails about replies to this comment. Raises UnknownReceipt.

    To no other, as the link of a mail does: the address that came with a receipt's comment may be anybody's.
    """
    with services.write() as session:
        comment = find_comment(session, services.keyring, receipt, lock=True)
        if comment.wants_replies:
            comment.wants_replies, comment.replies_stopped_at = False, services.clock.now()


def edit(intake: Intake, receipt: str, values: object, ip: str | None, asked: str | None = None) -> ReceiptView:
    """Stores a new version and has it judged; an approved text stays up until then. `values`: {"body", "version"}.

    `version`, where it is given, is the text that the writer had before them. `ip`: who asks; an edit counts like a
    comment, the same text once more like none. `asked`: as for `look`. Raises UnknownReceipt, Invalid, SentTooOften,
    ThreadClosed, TextChanged, TooManyEdits, and NoLongerYours once it was refused or withdrawn: what a person has
    refused, an edit must not bring back past them.
    """
    services = intake.services
    now = services.clock.now()
    with services.read() as session:
        comment = find_comment(session, services.keyring, receipt)
        site_id, (body, seen) = comment.site_id, read_edit(values, _settings(session, comment))
        if _says(session, comment, body, seen, now):
            # A double click, or a page that was loaded again.
            return view_of(session, comment, now, asked)
    prefix = None if ip is None else prefix_hash(services.keyring, ip, now)
    limits = limits_of(services.keyring, services.settings.submit_limit, prefix_hash=prefix, address=None)
    take_from_limits(intake.limiter, limits, site_id=site_id)
    view, moves = _store(services, receipt, new_text(body), seen, now, asked)
    send_hints(services.redis, moves, mails=False)
    count_moves(moves, now)
    for move in moves:
        intake.commits.send(move.standing.id, move.revision, traceparent=traceparent_here())
    return view


@again_when_contended
def _store(
    services: Services, receipt: str, text: NewText, seen: int | None, now: datetime, asked: str | None
) -> tuple[ReceiptView, list[Move]]:
    """The edit's one transaction."""
    with services.write() as session:
        comment = find_comment(session, services.keyring, receipt, lock=True)
        if _says(session, comment, text.text, seen, now):
            return view_of(session, comment, now, asked), []
        standing = standings(session, [comment.id], lock=True)[comment.id]
        moves = write(session, [edit_by_writer(standing, text, new_id())], now=now, mails=False)
        session.refresh(comment)
        return view_of(session, comment, now, asked), moves


def _says(session: Session, comment: Comment, body: str, seen: int | None, now: datetime) -> bool:
    """Whether the comment reads so already. Raises what keeps it from being made to."""
    why = _why_no_edit(session, comment, now)
    if why is not None:
        raise why
    if session.get_one(CommentVersion, (comment.id, comment.current_version)).text == body:
        return True
    if seen not in (None, comment.current_version):
        raise TextChanged("It was changed meanwhile, perhaps in another window. Read it as it is now, then save again.")
    if comment.current_version >= MOST_VERSIONS:
        raise TooManyEdits(
            nphrase(
                "A comment has at most %(num)s text. Withdraw it and post again.",
                "A comment has at most %(num)s texts. Withdraw it and post again.",
                MOST_VERSIONS,
            )
        )
    return False


def _why_no_edit(session: Session, comment: Comment, now: datetime) -> Conflict | None:
    if comment.status in _GONE:
        return NoLongerYours("It was withdrawn.")
    if comment.status in _REFUSED:
        last = last_decision(session, comment)
        # Where the receipt still reads "waiting", so does this.
        if not _reads_waiting(comment.status, last, _settings(session, comment), now):
            return NoLongerYours("It was decided that it is not published.")
    if session.get_one(Thread, comment.thread_id).state is not ThreadState.OPEN:
        return ThreadClosed("It takes no further comments, nor changes to them.")
    return None


def _refused(session: Session, comment: Comment) -> Status | None:
    """Rejected or spam, if that became of the newest text: the comment, or a change of a published one."""
    if comment.status in _REFUSED:
        return comment.status
    if comment.status is not Status.APPROVED or comment.published_version == comment.current_version:
        return None
    version = session.get_one(CommentVersion, (comment.id, comment.current_version))
    return version.status if version.status in _REFUSED else None


def _settings(session: Session, comment: Comment) -> SiteSettings:
    return session.get_one(Site, comment.site_id).settings


def last_decision(session: Session, comment: Comment) -> Decision | None:
    """The decision that brought the comment where it is; where a person has confirmed a machine's refusal, theirs."""
    last = session.scalar(
        select(Decision)
        .where(
            Decision.comment_id == comment.id,
            Decision.to_status == comment.status,
            Decision.action.not_in([Action.KEEP.value, Action.REDACT.value, Action.UNDO.value]),
        )
        .order_by(Decision.revision.desc())
        .limit(1)
    )
    if last is None or last.actor_kind is not ActorKind.POLICY or comment.status not in _REFUSED:
        return last
    return _confirmation(session, last) or last


def _confirmation(session: Session, last: Decision) -> Decision | None:
    """What a person has said since to keep it so, unless it was taken back."""
    undo = aliased(Decision)
    return session.scalar(
        select(Decision)
        .where(
            Decision.comment_id == last.comment_id,
            Decision.revision > last.revision,
            Decision.action == Action.KEEP.value,
            Decision.actor_kind.in_(PEOPLE),
            ~exists().where(undo.comment_id == last.comment_id, undo.undoes == Decision.id),
        )
        .order_by(Decision.revision.desc())
        .limit(1)
    )


def _reads_waiting(refused: Status, last: Decision | None, settings: SiteSettings, now: datetime) -> bool:
    """Whether this is spam that only a machine found, a short while ago: the receipt must not help to tune it."""
    if refused is not Status.SPAM or last is None or last.actor_kind is not ActorKind.POLICY:
        return False
    return now < last.created_at + timedelta(seconds=settings.spam_reads_waiting)


def _reason(settings: SiteSettings, status: Status, last: Decision | None, languages: Sequence[str]) -> Reason:
    """A machine's reason is only its verdict: the name of a rule would tell how to get past it."""
    automated = last is not None and last.actor_kind is ActorKind.POLICY
    given = None if automated or last is None else last.reason
    # One of an older release or of a list that was changed may be free text.
    code = given if given and is_known(settings, given) else status.value
    return Reason(code, words_for(settings, code, languages), automated)
