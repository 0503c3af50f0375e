"""A reader's report of a comment: taken in, looked at by its receipt, taken back.

Floods make no table grow without bound: a network has at most `NETWORK_MOST` open reports of a comment, a comment
`COMMENT_MOST` (and as many of illegal content, so that nobody keeps those out), each network its rate, and what was
settled is deleted after `KEPT_FOR` (`service.moderation.complaints.retention`).
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AddressPurpose, Comment, Decision, Report, ReportOutcome, Site, Thread, new_id
from models.database.ids import is_id
from models.decision import Action
from models.queries.complaints import (
    is_readable,
    open_reports_of,
    outcomes_of_networks,
    report_of_key,
    reports_of_network,
)
from models.queries.set_aside import waiting_again
from service.database_errors import again_when_contended
from service.errors import NotFound, TooMany
from service.intake.cors import check_origin
from service.intake.idempotency import Key, KeyReused, key_of
from service.intake.known_sites import KnownSite
from service.intake.receive import Caller, Intake
from service.intake.submission.form_tokens import read_token
from service.intake.submission.raw import RawSubmission
from service.localization import gettext
from service.localization import noop as N_
from service.moderation.complaints.hiding import hides
from service.moderation.complaints.hiding import move as hiding_move
from service.moderation.complaints.retention import forget_report
from service.moderation.complaints.settling import recount
from service.moderation.complaints.weighing import LEGAL, is_doubted, weight_of
from service.moderation.moves import Move, Standing
from service.moderation.record import count_moves, send_hints, standings, write
from service.privacy.addresses import record_address
from service.privacy.prefixes import prefix_hashes
from service.privacy.receipts import RECEIPT_PATTERN
from service.privacy.sealing import INDEX_BYTES, Keyring
from service.publishing.thread_rows import CommentUnknown
from service.queue import backlog
from service.readers.report_fields import ReportFields, read_report
from service.readers.types import ReportView
from service.wiring import Services

NETWORK_MOST = 5
COMMENT_MOST = 100

_RECEIPT = re.compile(RECEIPT_PATTERN)
_PURPOSE = "report-receipt"
_UNKNOWN_NETWORK = b"unknown".ljust(INDEX_BYTES, b"\0")
_WORDS = {
    "open": N_("It is still being looked at."),
    "kept": N_("The editors looked at it. It stays."),
    "changed": N_("The editors looked at it, and removed a passage of it."),
    "removed": N_("It was removed."),
    "restored": N_("It was removed, and later put back: it is shown again."),
    "gone": N_("Its writer changed or withdrew it before the editors decided."),
    "taken_back": N_("You took this report back."),
}
# What is true of a comment that is not shown by now, or that is although its writer was first.
_WORDS_HIDDEN = {
    "kept": N_("The editors looked at it and left it up. It is not shown any more by now."),
    "changed": N_("The editors removed a passage of it. It is not shown any more by now."),
}
_WORDS_SHOWN = {"gone": N_("Its writer changed it before the editors decided.")}


class UnknownReport(NotFound):
    code, title = "unknown_report", "There is no report for this receipt"


class ReportedTooOften(TooMany):
    code, title = "too_many_reports", "That was a lot of reports in a short time"


class ReportedEnough(TooMany):
    code, title = "reported_enough", "This comment was reported often already"


@dataclass(frozen=True, slots=True)
class Reported:
    id: str
    receipt: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Asked:
    site: KnownSite
    comment_id: str
    fields: ReportFields
    networks: Sequence[bytes]
    key: Key | None


def receive_report(
    intake: Intake, slug: str, comment_id: str, raw: RawSubmission, caller: Caller, key_header: str | None = None
) -> Reported:
    """Takes one report; when this returns, it is committed.

    Raises UnknownSite, ForeignOrigin, CommentUnknown (unknown, not published, another site's), Invalid, KeyReused,
    ReportedTooOften, ReportedEnough, Unavailable. The same key with the same body gets the first answer again, before
    any limit.
    """
    services = intake.services
    now, keyring = services.clock.now(), services.keyring
    site = intake.sites.read(slug)
    check_origin(caller.origin, [*site.origins, *caller.own_origins])
    typed = raw.values.get("token")
    token = typed if raw.form and isinstance(typed, str) else None
    nonce = read_token(keyring, site.id, token, now, max_age=site.settings.form_token_max_age).nonce
    key = key_of(keyring, key_header, nonce, raw.values)
    with services.read() as session:
        if (first := _first_answer(session, keyring, comment_id, key)) is not None:
            return first
        if not is_id(comment_id) or session.scalar(is_readable(site.id, comment_id)) is None:
            raise CommentUnknown
    fields = read_report(raw.values)
    networks = [_UNKNOWN_NETWORK] if caller.ip is None else prefix_hashes(keyring, caller.ip, now)
    rate = services.settings.submit_limit
    wait = None if rate is None else intake.limiter.take([(f"r:{networks[0].hex()}", rate)], tag=site.id)
    if wait is not None:
        raise ReportedTooOften("Please wait a little before the next one.", retry_after=int(wait) + 1)
    return _store(services, _Asked(site, comment_id, fields, networks, key), now)


@again_when_contended
def _store(services: Services, asked: _Asked, now: datetime) -> Reported:
    keyring = services.keyring
    moves: list[Move] = []
    with services.write() as session:
        standing = standings(session, [asked.comment_id], lock=True).get(asked.comment_id)
        # The same request twice at once: the second one waited for the comment's row.
        if (first := _first_answer(session, keyring, asked.comment_id, asked.key)) is not None:
            return first
        if standing is None or session.scalar(is_readable(asked.site.id, asked.comment_id)) is None:
            raise CommentUnknown
        made = _add(session, keyring, asked, standing, now)
        priority = recount(session.connection(), [standing.id])[standing.id]
        standing = replace(standing, priority=priority, open_reports=standing.open_reports + 1)
        if hides(session, asked.site.settings, standing, now):
            moves = write(session, [hiding_move(session, standing, now)], now=now, mails=False)
        waiting = [] if moves else session.execute(waiting_again([standing.id])).all()
    send_hints(services.redis, moves, mails=False)
    count_moves(moves, now)
    for site_id, comment_id, priority, created_at in waiting:
        backlog.put(services.redis, site_id, [(comment_id, priority, created_at)])
    return made


def _add(session: Session, keyring: Keyring, asked: _Asked, standing: Standing, now: datetime) -> Reported:
    fields, report_id = asked.fields, new_id()
    open_ones = session.execute(open_reports_of(standing.id)).all()
    legal = fields.reason in LEGAL
    network = asked.networks[0]
    known = session.scalars(reports_of_network(standing.id, asked.networks)).all()
    for earlier in known:
        # Under the hash of today: by that of the month before last, nobody would know it for the same network.
        earlier.network = network
    # Whoever takes one back has still said it: else a network could say any number of things, one by one.
    mine = [row for row in known if row.settled_at is None or row.taken_back_at is not None]
    alike = [row for row in open_ones if (row.reason in LEGAL) is legal]
    if len(mine) >= NETWORK_MOST or len(alike) >= COMMENT_MOST:
        raise ReportedEnough("It is being looked at.", retry_after=3600)
    # The weight of a network stays what it was when it first said something of this comment.
    outcomes = dict(session.execute(outcomes_of_networks(asked.site.id, asked.networks)).all())
    receipt = _receipts(keyring, report_id)[0]
    session.add(
        Report(
            id=report_id,
            comment_id=standing.id,
            site_id=standing.site_id,
            version_n=standing.published_version,
            reason=fields.reason,
            text=fields.text,
            law=fields.law,
            name=fields.name,
            network=network,
            weight=weight_of(fields.reason, doubted=is_doubted(outcomes)),
            lookup=_lookup(receipt),
            key_lookup=None if asked.key is None else asked.key.lookups[0],
            key_digest=None if asked.key is None else asked.key.digests[0],
            created_at=now,
        )
    )
    if fields.email is not None:
        record_address(
            session,
            keyring,
            site_id=standing.site_id,
            purpose=AddressPurpose.REPORT,
            owner_id=report_id,
            address=fields.email,
            now=now,
        )
    session.flush()
    return Reported(report_id, receipt)


def _first_answer(session: Session, keyring: Keyring, comment_id: str, key: Key | None) -> Reported | None:
    """What the key was answered before. Raises KeyReused where it came with another report."""
    if key is None:
        return None
    known = session.execute(report_of_key(comment_id, key.lookups)).first()
    if known is None:
        return None
    if known.key_digest not in key.digests:
        raise KeyReused("Send another report with another key.")
    for receipt in _receipts(keyring, known.id):
        if _lookup(receipt) == known.lookup:
            return Reported(known.id, receipt)
    return None


def _receipts(keyring: Keyring, report_id: str) -> list[str]:
    """The receipt of a report under each key of the ring, the newest's first: it is kept nowhere, and made again for
    who asks twice. Found by a hash without a key, it outlives the key that made it."""
    return [urlsafe_b64encode(made).rstrip(b"=").decode() for made in keyring.indexes(_PURPOSE, report_id)]


def _lookup(receipt: str) -> bytes:
    # 128 bits cannot be guessed from their hash: no key is needed.
    return sha256(receipt.encode()).digest()[:INDEX_BYTES]


def find_report(session: Session, receipt: str) -> Report:
    """Raises UnknownReport."""
    known = select(Report).where(Report.lookup == _lookup(receipt))
    report = session.scalar(known) if _RECEIPT.fullmatch(receipt) else None
    if report is None:
        raise UnknownReport("Check the address.")
    return report


def look(services: Services, receipt: str) -> ReportView:
    """What became of a report. Raises UnknownReport."""
    with services.read() as session:
        return _view(services, session, find_report(session, receipt))


def _view(services: Services, session: Session, report: Report) -> ReportView:
    decision = None
    if report.settled_at is not None and report.decision_id is not None:
        decision = session.get(Decision, report.decision_id)
    shown = session.scalar(is_readable(report.site_id, report.comment_id)) is not None
    status = _status(report, decision)
    if status == "removed" and shown:
        status = "restored"
    words = (_WORDS_SHOWN if shown else _WORDS_HIDDEN).get(status, _WORDS[status])
    return ReportView(
        status=status,  # type: ignore[arg-type]
        text=gettext(words),
        reason=report.reason,
        created_at=report.created_at,
        # When it was taken back, whatever else became of it.
        decided_at=report.taken_back_at or report.settled_at,
        comment_url=f"{services.settings.public_url}/c/{report.comment_id}" if shown else None,
    )


def _status(report: Report, decision: Decision | None) -> str:
    if report.taken_back_at is not None or report.outcome is ReportOutcome.TAKEN_BACK:
        return "taken_back"
    if report.settled_at is None:
        return "open"
    if report.outcome is ReportOutcome.MOOT:
        return "gone"
    if report.outcome is ReportOutcome.UNFOUNDED:
        return "kept"
    return "changed" if decision is not None and decision.action == Action.REDACT else "removed"


def languages_of_report(services: Services, receipt: str) -> tuple[str | None, ...]:
    """What whoever sent the report is spoken to in, the likeliest first. Raises UnknownReport."""
    with services.read() as session:
        report = find_report(session, receipt)
        site, comment = session.get_one(Site, report.site_id), session.get_one(Comment, report.comment_id)
        return site.settings.languages_of_readers(session.get_one(Thread, comment.thread_id).language)


@again_when_contended
def take_back(services: Services, receipt: str) -> ReportView:
    """Deletes what whoever sent the report said and who they are; it weighs no more, and what it came to stays. Raises
    UnknownReport."""
    now = services.clock.now()
    with services.read() as session:
        comment_id = find_report(session, receipt).comment_id
    with services.write() as session:
        standings(session, [comment_id], lock=True)
        report = find_report(session, receipt)
        forget_report(session, report, now)
        recount(session.connection(), [comment_id])
        view = _view(services, session, report)
        waiting = session.execute(waiting_again([comment_id])).all()
    for site_id, waits, priority, created_at in waiting:
        backlog.put(services.redis, site_id, [(waits, priority, created_at)])
    return view
