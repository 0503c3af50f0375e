"""Every action that the code writes into the audit trail has its words on the trail's page."""

import ast
import re
from pathlib import Path

from sqlalchemy import select

import service
from models import AuditEntry, Status
from service.accounts.actors import Actor
from service.accounts.audit import audit
from service.desk.overview.audit_pages import ACTIONS
from service.desk.overview.audit_targets import THINGS, find_targets

WRITERS = ("audit", "audit_all", "audit_rows", "Entry")


def written_out() -> set[str]:
    """The actions that stand as such in a call that writes the trail."""
    found = set()
    for file in Path(service.__path__[0]).rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        if "service.accounts.audit import" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in WRITERS:
                continue
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            found |= {one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    return {one for one in found if re.fullmatch(r"[a-z_]+\.[a-z_]+", one)}


def test_every_action_has_words() -> None:
    found = written_out()
    assert len(found) > 20
    assert found <= ACTIONS.keys()


# What is of the whole installation, or of one browser that nobody has signed in with.
OF_NO_THING = {"backup"}


def test_every_action_is_about_something() -> None:
    nouns = {action.partition(".")[0] for action in ACTIONS if action not in THINGS}
    assert nouns - THINGS.keys() == OF_NO_THING


def test_what_an_entry_is_about_has_its_name_and_its_page(newsroom, anna) -> None:
    services, site = newsroom.services, newsroom.site
    thread = newsroom.thread("a b", title="On the <ferry>")
    comment = newsroom.comment(name="Ada", thread=thread, status=Status.APPROVED)
    entries = [
        ("comment.approve", comment, {}, ("Comment", "Ada", f"/moderate/?at={comment}")),
        ("lease.break", comment, {}, ("Comment", "Ada", f"/moderate/?at={comment}")),
        ("comment.approve", "01ARZ3NDEKTSV4RRFFQ69G5FAV", {}, ("Comment", "", "")),
        ("thread.change", thread, {}, ("Thread", "On the <ferry>", "/moderate/?site=gazette&tab=all&thread=a%20b")),
        ("policy.change", None, {"version": 3}, ("Policy", "version 3", "/moderate/sites/gazette/policy?version=3")),
        ("list.put", None, {"name": "words.txt"}, ("Word list", "words.txt", "/moderate/sites/gazette/policy")),
        ("saved_reply.delete", comment, {"name": "Hello"}, ("Saved reply", "Hello", "")),
        ("moderator.set", anna.id, {}, ("Account", "Anna", "")),
        ("site.set", None, {}, ("Site", site.name or site.slug, "/moderate/settings")),
    ]
    with services.write() as session:
        for action, target, details, _ in entries:
            audit(session, None, action, now=services.clock.now(), site_id=site.id, target=target, details=details)
    with services.read() as session:
        rows = list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))[-len(entries) :]
        found = find_targets(session, anna, rows, {site.id: site})
        assert [(one.kind, one.name, one.where) for one in (found[row.id] for row in rows)] == [e[3] for e in entries]
        # Accounts have their page for those who may open it; another site's have none.
        boss = Actor(anna.kind, anna.id, "Boss", {site.id: "admin"})
        assert find_targets(session, boss, rows, {site.id: site})[rows[-2].id].where == "/moderate/sites/gazette/people"
        assert find_targets(session, boss, rows, {})[rows[0].id].where == ""
