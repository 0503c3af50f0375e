"""Rows as a service at revision 0001 left them, for every table it had: `fill` writes them by Core, over tables that
are read from the database itself. Today's models have no part in it, so nothing here follows when they change."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, MetaData

EARLY = datetime(2026, 3, 14, 12, 0, 0, 250_000, tzinfo=UTC)
LATE = EARLY + timedelta(hours=3)


def _id(name: str) -> str:
    return name.upper().rjust(26, "0")


SITE, OTHER_SITE = _id("site1"), _id("site2")
THREAD, QUIET_THREAD = _id("thread1"), _id("thread2")
CHAIN, MERGED_CHAIN = _id("chain1"), _id("chain2")
COMMENT, REPLY = _id("comment1"), _id("comment2")
MODERATOR, LEFT_MODERATOR = _id("moderator1"), _id("moderator2")
JOB = _id("job1")
TEXT = "Naïve? Ja — 你好, \N{SLIGHTLY SMILING FACE}\nand a second line with 'quotes' and 100 %"

# In an order in which what is pointed to comes first. What may be empty is filled in one row and empty in another.
# Packed by hand: a column a line would be a screen for every comment.
# fmt: off
ROWS: dict[str, list[dict[str, Any]]] = {
    "site": [
        {
            "id": SITE, "slug": "gazette", "name": "The Gazette", "origins": ["https://gazette.example"],
            "settings": {"mode": "automatic", "staff_names": ["Ana"]}, "created_at": EARLY,
        },
        {"id": OTHER_SITE, "slug": "herald", "name": "", "origins": [], "settings": {}, "created_at": LATE},
    ],
    "moderator": [
        {"id": MODERATOR, "name": "Ana", "password_hash": "$argon2id$1", "created_at": EARLY, "disabled_at": None},
        {"id": LEFT_MODERATOR, "name": "Ben", "password_hash": None, "created_at": EARLY, "disabled_at": LATE},
    ],
    "membership": [
        {"moderator_id": MODERATOR, "site_id": "", "role": "admin"},
        {"moderator_id": LEFT_MODERATOR, "site_id": SITE, "role": "viewer"},
    ],
    "sign_in_link": [
        {"lookup": b"\x01" * 32, "moderator_id": MODERATOR, "created_at": EARLY, "expires_at": LATE, "used_at": LATE},
        {"lookup": b"\x02" * 32, "moderator_id": MODERATOR, "created_at": EARLY, "expires_at": LATE, "used_at": None},
    ],
    "desk_session": [
        {"lookup": b"\x03" * 32, "moderator_id": MODERATOR, "created_at": EARLY, "seen_at": LATE, "expires_at": LATE},
    ],
    "api_key": [
        {
            "id": _id("key1"), "site_id": SITE, "scope": "read", "lookup": b"\x04" * 32, "created_at": EARLY,
            "used_at": LATE, "revoked_at": LATE,
        },
        {
            "id": _id("key2"), "site_id": SITE, "scope": "moderate", "lookup": b"\x05" * 32, "created_at": EARLY,
            "used_at": None, "revoked_at": None,
        },
    ],
    "audit_entry": [
        {
            "id": _id("audit1"), "site_id": SITE, "actor_kind": "moderator", "actor_id": MODERATOR,
            "action": "reveal_address", "target": COMMENT, "details": {"reason": "a threat"}, "created_at": EARLY,
        },
        {
            "id": _id("audit2"), "site_id": "", "actor_kind": "system", "actor_id": None, "action": "rotate_keys",
            "target": None, "details": {}, "created_at": LATE,
        },
    ],
    "key_check": [
        {"key_id": "k1", "created_at": EARLY},
    ],
    "address_record": [
        {
            "id": _id("address1"), "site_id": SITE, "purpose": "submission", "owner_id": COMMENT,
            "sealed": b"\x00sealed\xff", "exact_index": b"\x06" * 16, "ban_index": b"\x07" * 16, "key_id": "k1",
            "created_at": EARLY,
        },
    ],
    "writer_chain": [
        {"id": CHAIN, "site_id": SITE, "avatar_seed": "seed", "merged_into": None, "created_at": EARLY},
        {"id": MERGED_CHAIN, "site_id": SITE, "avatar_seed": "dees", "merged_into": CHAIN, "created_at": EARLY},
    ],
    "ban": [
        {
            "id": _id("ban1"), "site_id": SITE, "kind": "chain", "chain_id": CHAIN, "prefix_hash": None,
            "comment_id": COMMENT, "reason": "threats", "created_by": MODERATOR, "created_at": EARLY,
            "expires_at": LATE, "lifted_at": LATE,
        },
        {
            "id": _id("ban2"), "site_id": SITE, "kind": "prefix", "chain_id": None, "prefix_hash": b"\x08" * 16,
            "comment_id": None, "reason": "", "created_by": None, "created_at": EARLY, "expires_at": None,
            "lifted_at": None,
        },
    ],
    "thread": [
        {
            "id": THREAD, "site_id": SITE, "key": "article/4711?ü", "url": "https://gazette.example/4711",
            "title": "A bridge is built", "section": "local", "tags": ["bridges"], "language": "en", "mode": "breaking",
            "state": "open", "verified": True, "version": 3, "published_count": 1, "created_at": EARLY,
        },
        {
            "id": QUIET_THREAD, "site_id": SITE, "key": "article/4712", "url": "https://gazette.example/4712",
            "title": "", "section": None, "tags": [], "language": None, "mode": None, "state": "closed",
            "verified": False, "version": 0, "published_count": 0, "created_at": EARLY,
        },
    ],
    "comment": [
        {
            "id": COMMENT, "site_id": SITE, "thread_id": THREAD, "parent_id": None, "chain_id": CHAIN, "proven": "link",
            "status": "approved", "revision": 2, "name": "Ünal", "website": "https://reader.example",
            "current_version": 2, "published_version": 2, "was_published": True, "fingerprint": b"\x09" * 16,
            "sketch": b"\x0a" * 96, "copy_of": None, "prefix_hash": b"\x08" * 16,
            "intake_facts": {"seconds": 12.5, "address": {"disposable": False}}, "wants_confirm": True,
            "wants_notify": True, "created_at": EARLY, "edited_at": LATE, "decided_at": LATE, "sent_at": EARLY,
            "solo_failures": 1, "dead_at": LATE, "priority": 5, "reviewed_at": LATE, "featured": True, "pinned": True,
            "votes": -2, "badge": "verified",
        },
        {
            "id": REPLY, "site_id": SITE, "thread_id": THREAD, "parent_id": COMMENT, "chain_id": MERGED_CHAIN,
            "proven": None, "status": "received", "revision": 0, "name": "", "website": None, "current_version": 1,
            "published_version": None, "was_published": False, "fingerprint": b"\x0b" * 16, "sketch": None,
            "copy_of": COMMENT, "prefix_hash": None, "intake_facts": {}, "wants_confirm": False, "wants_notify": False,
            "created_at": LATE, "edited_at": None, "decided_at": None, "sent_at": LATE, "solo_failures": 0,
            "dead_at": None, "priority": 0, "reviewed_at": None, "featured": False, "pinned": False, "votes": 0,
            "badge": None,
        },
    ],
    "comment_version": [
        {
            "comment_id": COMMENT, "n": n, "text": TEXT, "html": f"<p>{TEXT}</p>", "renderer": 1, "status": "approved",
            "created_at": EARLY,
        }
        for n in (1, 2)
    ],
    "decision": [
        {
            "id": _id("decision1"), "comment_id": COMMENT, "site_id": SITE, "version_n": 1, "revision": 1,
            "action": "pending", "from_status": "received", "to_status": "pending", "actor_kind": "policy",
            "actor_id": None, "reason": None, "note": None, "policy_version": "default", "score": 4.5,
            "findings": [{"rule": "link_count", "score": 4.5, "start": 0, "end": 5}], "facts": {"approved_before": 0},
            "undoes": None, "published_before": None, "job_id": None, "created_at": EARLY,
        },
        {
            "id": _id("decision2"), "comment_id": COMMENT, "site_id": SITE, "version_n": 2, "revision": 2,
            "action": "approve", "from_status": "pending", "to_status": "approved", "actor_kind": "moderator",
            "actor_id": MODERATOR, "reason": "fine", "note": TEXT, "policy_version": None, "score": None,
            "findings": [], "facts": {}, "undoes": _id("decision1"), "published_before": 1, "job_id": JOB,
            "created_at": LATE,
        },
    ],
    "delivery": [
        {
            "id": _id("delivery1"), "site_id": SITE, "comment_id": COMMENT, "kind": "confirm", "state": "failed",
            "attempts": 2, "next_at": LATE, "outcome": "refused", "created_at": EARLY, "sent_at": LATE,
        },
        {
            "id": _id("delivery2"), "site_id": SITE, "comment_id": REPLY, "kind": "decided", "state": "waiting",
            "attempts": 0, "next_at": LATE, "outcome": None, "created_at": EARLY, "sent_at": None,
        },
    ],
    "proof_link": [
        {
            "id": _id("link1"), "comment_id": COMMENT, "lookup": b"\x0c" * 16, "created_at": EARLY, "expires_at": LATE,
            "used_at": LATE,
        },
        {
            "id": _id("link2"), "comment_id": REPLY, "lookup": b"\x0d" * 16, "created_at": EARLY, "expires_at": LATE,
            "used_at": None,
        },
    ],
    "receipt": [
        {
            "comment_id": comment, "site_id": SITE, "sealed": b"sealed", "lookup": lookup, "key_id": "k1",
            "created_at": EARLY, "revoked_at": revoked_at,
        }
        for comment, lookup, revoked_at in ((COMMENT, b"\x0e" * 16, LATE), (REPLY, b"\x0f" * 16, None))
    ],
    "submission_key": [
        {"site_id": SITE, "lookup": b"\x10" * 16, "digest": b"\x11" * 16, "comment_id": COMMENT, "created_at": EARLY},
    ],
    "policy_version": [
        {
            "site_id": SITE, "n": 1, "document": "rules:\n  link_count: {score: 3}\n", "lists": {"ours.txt": 1},
            "author_id": MODERATOR, "note": "calmer", "created_at": EARLY,
        },
        {
            "site_id": OTHER_SITE, "n": 1, "document": "", "lists": {}, "author_id": None, "note": "",
            "created_at": EARLY,
        },
    ],
    "list_file": [
        {
            "site_id": SITE, "name": "ours.txt", "n": n, "text": "grault\n", "removed": n == 2, "entries": 1,
            "author_id": author, "created_at": EARLY,
        }
        for n, author in ((1, MODERATOR), (2, None))
    ],
    "outside_check": [
        {
            "id": _id("check1"), "site_id": SITE, "name": "akismet", "kind": "akismet", "url": "https://check.example",
            "sealed": b"sealed", "key_id": "k1", "sends_address": True, "timeout": 1.5, "changed_at": EARLY,
        },
    ],
    "learned_model": [
        {
            "site_id": SITE, "n": n, "state": state, "document": b"\x00\x01", "checksum": "0" * 64, "published": 300,
            "stopped": 120, "last_decision_id": _id("decision2"), "measured": {"f1": 0.9}, "false_alarms": 0.01,
            "threshold": 0.875, "trained_at": EARLY,
        }
        for n, state in ((1, "replaced"), (2, "in_force"))
    ],
    "learning_turn": [
        {"site_id": SITE, "next_at": LATE, "outcome": "trained", "ended_at": EARLY},
        {"site_id": OTHER_SITE, "next_at": LATE, "outcome": None, "ended_at": None},
    ],
    "job": [
        {
            "id": JOB, "site_id": SITE, "kind": "repair", "state": "failed", "actor_kind": "moderator",
            "actor_id": MODERATOR, "asked": {"rule": "link_count"}, "cursor": COMMENT, "done": 1, "total": 2,
            "tally": {"moved": 1}, "labels": {COMMENT: "publish"}, "attempts": 3, "next_at": LATE, "claim": 4,
            "outcome": "gave_up", "undoes": _id("job0"), "created_at": EARLY, "finished_at": LATE,
        },
        {
            "id": _id("job2"), "site_id": SITE, "kind": "rehearsal", "state": "waiting", "actor_kind": "system",
            "actor_id": None, "asked": {}, "cursor": "", "done": 0, "total": 0, "tally": {}, "labels": {},
            "attempts": 0, "next_at": LATE, "claim": 0, "outcome": None, "undoes": None, "created_at": EARLY,
            "finished_at": None,
        },
    ],
}
# fmt: on


def fill(engine: Engine) -> None:
    """Writes them all into a database at revision 0001."""
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        # What the service's engine wants of whoever writes to SQLite; the other database does not mind.
        with connection.execution_options(rejoinder_write=True).begin():
            for name, rows in ROWS.items():
                connection.execute(tables.tables[name].insert(), rows)
