"""Whoever is shut out while their request is under way does nothing: each verb asks once more, behind its locks."""

import ast
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

import service.moderation
from models import AuditEntry, Ban, BanKind, Comment, Decision, Moderator, SetAside, Site, Status
from service.accounts import account_administration
from service.accounts.actors import SignInNeeded
from service.accounts.moderators import close_account
from service.accounts.sessions import end_session, session_actor
from service.errors import Forbidden, Refused
from service.moderation import bans, leases
from service.moderation.addresses.reveal_address import reveal_address
from service.moderation.decisions import DecisionRequest, apply_decisions
from service.moderation.editorial.messages import message_writer
from service.moderation.editorial.redaction import redact
from service.moderation.editorial.staff_replies import reply_as_staff
from service.moderation.jobs import repair
from service.moderation.jobs.repair_plan import Repair
from service.moderation.jobs.repair_scope import Scope
from service.moderation.judging.judge_again import judge_again
from service.moderation.undoing import undo
from service.queue import backlog
from service.wiring import Services
from tests.factories import Newsroom, add_receipt, add_site
from tests.waiting import wait_until


class Desk:
    """What there is to act on, and Anna, who is at it."""

    def __init__(self, services: Services, newsroom: Newsroom) -> None:
        self.services, self.newsroom, self.site = services, newsroom, newsroom.site
        self.anna_id = newsroom.moderator("Anna", "admin")
        self.token = newsroom.session(self.anna_id)
        found = session_actor(services, self.token)
        assert found is not None
        self.anna = found
        self.up = newsroom.published("Call him on 555 1234 now.", address="reader@example.net")
        self.dead = newsroom.comment(status=Status.PENDING)
        with services.write() as session:
            session.get_one(Comment, self.dead).dead_at = services.clock.now()
            up = session.get_one(Comment, self.up)
        add_receipt(services, up)
        self.decided = newsroom.comment()
        (outcome,) = apply_decisions(services, [DecisionRequest(self.decided, "reject", self.anna)])
        assert outcome.decision_id is not None
        self.decision = outcome.decision_id
        self.ban, _ = bans.set_ban(services, self.anna, self.decided, BanKind.CHAIN)

    def state(self) -> dict[str, object]:
        """All that the verbs change."""
        with self.services.read() as session:
            return {
                "comments": session.execute(
                    select(Comment.id, Comment.revision, Comment.current_version).order_by(Comment.id)
                ).all(),
                "decisions": session.scalar(select(func.count()).select_from(Decision)),
                "bans": session.execute(select(Ban.id, Ban.lifted_at).order_by(Ban.id)).all(),
                "aside": session.scalar(select(func.count()).select_from(SetAside)),
                "trail": session.scalar(select(func.count()).select_from(AuditEntry)),
                "held": backlog.holders(self.services.redis, self.site.id, [self.dead, self.up]),
            }


VERBS = {
    "undo": lambda desk: undo(desk.services, desk.decision, desk.anna),
    "redact": lambda desk: redact(
        desk.services, desk.anna, desk.up, version=1, start=12, end=20, expected_revision=revision(desk, desk.up)
    ),
    "reveal": lambda desk: reveal_address(desk.services, desk.anna, desk.up, "a letter from court"),
    "judge again": lambda desk: judge_again(desk.services, desk.anna, desk.site.id, desk.dead),
    "ban": lambda desk: bans.set_ban(desk.services, desk.anna, desk.up, BanKind.CHAIN),
    "lift": lambda desk: bans.lift(desk.services, desk.anna, desk.site, desk.ban.id),
    "break a lease": lambda desk: leases.let_go(desk.services, desk.anna, site_id=desk.site.id, comment_id=desk.up),
    "message": lambda desk: message_writer(desk.services, desk.anna, desk.up, "We shall look."),
    "staff reply": lambda desk: reply_as_staff(desk.services, desk.anna, desk.up, "We have mended it."),
    "job": lambda desk: repair.begin(desk.services, desk.anna, desk.site, Scope(), Repair.REJECT),
}


def revision(desk: Desk, comment_id: str) -> int:
    with desk.services.read() as session:
        return session.get_one(Comment, comment_id).revision


def closed(desk: Desk) -> None:
    account_administration.close(desk.services, None, desk.anna_id)


def signed_out(desk: Desk) -> None:
    with desk.services.write() as session:
        end_session(session, desk.token)


def demoted(desk: Desk) -> None:
    account_administration.change(desk.services, None, desk.anna_id, role="viewer")


@pytest.fixture
def desk(services: Services, site: Site) -> Desk:
    newsroom = Newsroom(services, site)
    desk = Desk(services, newsroom)
    backlog.lease(services.redis, desk.site.id, newsroom.moderator("Bert"), [desk.up], 1)
    return desk


@pytest.mark.parametrize(
    ("shut_out", "refusal"), [(closed, SignInNeeded), (signed_out, SignInNeeded), (demoted, Forbidden)]
)
@pytest.mark.parametrize("verb", VERBS)
def test_who_is_shut_out_meanwhile_does_nothing(desk: Desk, verb: str, shut_out, refusal: type[Refused]) -> None:
    shut_out(desk)
    before = desk.state()
    with pytest.raises(refusal):
        VERBS[verb](desk)
    assert desk.state() == before


@pytest.mark.parametrize("verb", VERBS)
def test_who_may_still_does_it(desk: Desk, verb: str) -> None:
    before = desk.state()
    VERBS[verb](desk)
    assert desk.state() != before


@pytest.mark.postgres
@pytest.mark.parametrize("verb", ["undo", "redact", "judge again"])
def test_a_close_that_comes_while_a_verb_waits_for_its_lock(postgres_services: Services, verb: str) -> None:
    services = postgres_services
    desk = Desk(services, Newsroom(services, add_site(services, "gazette")))
    outcome: list[str] = []

    def act() -> None:
        try:
            VERBS[verb](desk)
            outcome.append("done")
        except Refused as refusal:
            outcome.append(refusal.code)

    with services.write() as session:
        session.scalars(select(Comment).order_by(Comment.id).with_for_update()).all()
        thread = threading.Thread(target=act)
        thread.start()
        wait_until(lambda: _waiting(services), what="the verb to wait for the comment")
        close_account(session, session.get_one(Moderator, desk.anna_id, with_for_update=True), services.clock.now())
    thread.join(60)
    assert outcome == ["sign_in_needed"]


def _waiting(services: Services) -> bool:
    with services.read() as session:
        return bool(session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


FILES = sorted(Path(service.moderation.__path__[0]).rglob("*.py"))
ASKING = {"refuse_shut_out", "find_again", "fresh_actor"}


def unasked(source: str) -> list[str]:
    """Functions that write into the trail and do not ask whether their actor may still act."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            called = {
                call.func.id
                for call in ast.walk(node)
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
            }
            if called & {"audit", "audit_all", "audit_rows"} and not called & {*ASKING, "_locked"}:
                found.append(node.name)
    return found


def test_every_act_that_is_written_down_asks_who_acts() -> None:
    assert {file.name: names for file in FILES if (names := unasked(file.read_text("utf-8")))} == {}


def test_an_act_that_does_not_ask_is_seen() -> None:
    assert unasked("def act(session, actor, now):\n    audit(session, actor, 'x', now=now)\n") == ["act"]
