"""Canary addresses go in through every way; then every surface is searched for them."""

import base64
import email.utils
import hashlib
import json
import re
import socket
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

import redis

from tests.environment import free_port
from tests.journeys.service_process import Answer, Client, Running, hidden_fields, wait_for_queue, wait_for_status
from tests.waiting import wait_until

CANARIES = {
    "json": "Canary.Json+Tag7@Example-Post.com",
    "form": "canary.form.41@example-post.com",
    "multipart": "canary-multipart@xn--bcher-kva.example.com",
    "refused": "canary.refused.93@example-post.com",
    "broken": "canary.broken.17@@example-post.com",
    "idn": "canary.idn@bücher-post.com",
    "replayed": "canary.replayed@example-post.com",
    "banned": "canary.banned@example-post.com",
    "moderator": "canary.moderator@example-post.com",
    "wrong": "canary.guess@example-post.com",
    "colleague": "canary.colleague@example-post.com",
}


def traces(address: str) -> list[bytes]:
    """Every form in which an address could be found or compared: plain, cased, encoded, hashed."""
    forms = {address, address.lower(), address.casefold(), re.sub(r"\+[^@]*", "", address.lower())}
    local, _, domain = address.rpartition("@")
    forms.add(f"{local}@{domain.lower()}")
    found: set[bytes] = set()
    for form in forms:
        raw = form.encode()
        found |= {raw, quote(form, safe="").encode(), quote(form).encode(), form.encode("utf-16-le")}
        found |= {json.dumps(form)[1:-1].encode(), form.replace("@", "&#64;").encode()}
        # Base64 looks different at each of three alignments; the middle of each is what any context would show.
        for shift in range(3):
            encoded = base64.b64encode(b"\0" * shift + raw)
            found.add(encoded[4 : len(encoded) - 4])
            found.add(base64.urlsafe_b64encode(b"\0" * shift + raw)[4 : len(encoded) - 4])
        for name in ("md5", "sha1", "sha256"):
            digest = hashlib.new(name, raw, usedforsecurity=False)
            found |= {digest.hexdigest().encode(), digest.digest()}
    return sorted(found)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_no_address_leaks(up: Any, tmp_path: Path) -> None:
    metrics_port = free_port()
    running = up("--mail-dir", str(tmp_path / "mail"), "--metrics-port", str(metrics_port))
    public, own = running.client(), running.client()
    receipts = _send_in_every_way(running, own)
    moderator = running.moderator()
    _moderate(running, moderator, receipts)
    _read_every_surface(running, public, moderator, receipts)
    numbers = Client(metrics_port, heard=public.heard)
    wait_until(lambda: _listens(metrics_port), what="the listener for metrics")
    assert numbers.get("/metrics").status == 200
    assert 'rejoinder_pending_comments{site="demo"}' in numbers.heard[-1].text
    assert (public.get("/metrics").status, numbers.get("/readyz").status) == (404, 404)

    surfaces = {f"answer {n}": _flat(answer) for n, answer in enumerate(public.heard + moderator.heard)}
    surfaces["log"] = running.log.encode()
    surfaces["redis"] = _redis_dump(running.data_dir)
    surfaces["database"] = _database_dump(running.data_dir)
    running.stop()
    surfaces["log"] = running.log.encode()
    for path in running.data_dir.rglob("*"):
        if path.is_file():
            surfaces[f"file {path.name}"] = path.read_bytes()
    assert any(name.startswith("file") and b"SQLite format 3" in text[:20] for name, text in surfaces.items())

    leaks = [
        f"{name}: {way}"
        for name, text in surfaces.items()
        for way, address in CANARIES.items()
        if any(trace in text for trace in traces(address))
    ]
    assert leaks == []
    # The search can find something: the mail that the reader asked for does carry the address.
    mails = b"".join(path.read_bytes() for path in (tmp_path / "mail").glob("*.eml"))
    assert b"canary.form.41@example-post.com" in mails


def _send_in_every_way(running: Running, client: Client) -> dict[str, Any]:
    path = "/api/v1/sites/demo/comments"
    sent: dict[str, Any] = {}

    def keep(way: str, answer: Answer) -> None:
        assert answer.status == 202, f"{way}: {answer.text}"
        sent[way] = answer.json

    keep("json", client.post(path, running.comment(email=CANARIES["json"], notify=True)))
    keep("idn", client.post(path, running.comment(email=CANARIES["idn"])))
    keep("banned", client.post(path, running.comment(email=CANARIES["banned"], confirm=True)))
    key = {"Idempotency_Key": "0123456789abcdef-canary"}
    twice = running.comment(email=CANARIES["replayed"])
    keep("replayed", client.post(path, twice, **key))
    first = sent["replayed"]
    keep("replayed", client.post(path, twice, **key))
    assert sent["replayed"] == first
    assert client.post(path, running.comment(email=CANARIES["wrong"]), **key).status == 422
    assert client.post(path, running.comment(email=CANARIES["refused"], body="")).status == 422
    assert client.post(path, running.comment(email=CANARIES["refused"], thread="")).status == 422
    assert client.post(path, running.comment(email=CANARIES["broken"])).status == 422
    assert client.post("/api/v1/sites/nowhere/comments", running.comment(email=CANARIES["refused"])).status == 404
    foreign = client.post(path, running.comment(email=CANARIES["refused"]), Origin="http://elsewhere.test")
    assert foreign.status == 403
    assert client.send(
        "POST", path, b'{"email": "' + CANARIES["refused"].encode() + b'"', Content_Type="application/json"
    ).status in {400, 422}
    assert client.get(f"/api/v1/sites/demo/comments?thread={quote(CANARIES['refused'])}x").status == 200
    assert client.get(f"/{quote(CANARIES['refused'])}").status == 404

    page = client.get("/embed/demo?thread=story-1&page_url=" + quote(f"http://localhost:{running.port}/demo/"))
    fields = running.comment(email=CANARIES["form"], confirm="1", website="")
    plain = client.form(path, hidden_fields(page.text) | fields)
    assert plain.status == 303, plain.text
    receipt = plain.header("Location").rsplit("/", 1)[1]
    sent["form"] = {"receipt": receipt, "id": client.get(f"/api/v1/receipts/{receipt}").json["id"]}
    boundary = "canaryboundary"
    parts = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in running.comment(email=CANARIES["multipart"]).items()
    )
    answer = client.send(
        "POST",
        path,
        f"{parts}--{boundary}--\r\n".encode(),
        Content_Type=f"multipart/form-data; boundary={boundary}",
        Accept="application/json",
    )
    assert answer.status in {202, 303}, answer.text
    running.cli("moderator", "add", CANARIES["moderator"], "--role", "moderator", "--site", "demo")
    return sent


def _moderate(running: Running, moderator: Client, sent: dict[str, Any]) -> None:
    key = running.cli("key", "add", "demo", "--scope", "moderate")["key"]
    bearer = {"Authorization": f"Bearer {key}"}
    for way, action in (("json", "approve"), ("idn", "reject"), ("banned", "spam"), ("form", "approve")):
        entry = wait_for_queue(moderator, sent[way]["id"])
        decision = {"comment_id": entry["id"], "action": action, "expected_revision": entry["revision"]}
        answer = moderator.post("/api/v1/moderation/decisions", {"decisions": [decision]}, **bearer)
        assert answer.status == 200, answer.text
    wait_for_status(moderator, sent["json"]["receipt"], "published")
    # A returning writer: proven by the receipt, with the same address.
    again = running.comment(email=CANARIES["json"], earlier_receipt=sent["json"]["receipt"], body="Another remark.")
    answer = running.client().post("/api/v1/sites/demo/comments", again)
    assert answer.status == 202
    wait_for_status(moderator, answer.json["receipt"], "published")
    sent["again"] = answer.json
    # An administrator adds a colleague, twice, and tries the address as a name.
    key = running.cli("key", "add", "demo", "--scope", "admin")["key"]
    bearer = {"Authorization": f"Bearer {key}"}
    colleague = {"email": CANARIES["colleague"], "role": "viewer", "sites": ["demo"]}
    added = [moderator.post("/api/v1/moderation/moderators", colleague, **bearer) for _ in range(2)]
    assert [answer.status for answer in added] == [201, 409]
    named = colleague | {"email": CANARIES["wrong"], "name": CANARIES["colleague"]}
    assert moderator.post("/api/v1/moderation/moderators", named, **bearer).status == 422
    for query in ("", "?site=demo"):
        assert moderator.get(f"/api/v1/moderation/moderators{query}", **bearer).status == 200
    assert "@" not in json.dumps(running.cli("moderator", "list"))
    # Somebody types the moderator's address at the sign-in page, with a wrong password.
    page = moderator.get("/moderate/sign-in")
    fields = hidden_fields(page.text) | {"email": CANARIES["moderator"], "password": "wrong password"}
    running.client().form("/moderate/sign-in", fields)


def _read_every_surface(running: Running, public: Client, moderator: Client, sent: dict[str, Any]) -> None:
    published = sent["json"]["id"]
    thread = "thread=story-1"
    pages = [
        f"/api/v1/sites/demo/comments?{thread}",
        f"/api/v1/sites/demo/comments/{published}",
        f"/api/v1/sites/demo/counts?{thread}",
        f"/api/v1/sites/demo/form?{thread}",
        f"/embed/demo?{thread}&page_url=http://localhost:{running.port}/demo/",
        f"/c/{published}",
        "/demo/",
        "/widget.js",
        "/openapi.json",
        "/policy.schema.json",
        "/docs",
        "/healthz",
        "/readyz",
        "/moderate/",
    ]
    for answer in sent.values():
        pages += [f"/api/v1/receipts/{answer['receipt']}", f"/receipts/{answer['receipt']}"]
    for page in pages:
        assert public.get(page).status < 500, page
    for status in ("pending", "approved", "rejected", "spam"):
        assert moderator.get(f"/api/v1/moderation/queue?status={status}").status == 200
    for answer in sent.values():
        assert moderator.get(f"/api/v1/moderation/comments/{answer['id']}").status == 200
    for page in ("/moderate/", "/moderate/sites/demo/people", "/api/v1/moderation/audit"):
        assert moderator.get(page).status in {200, 302, 303, 403}, page


def _flat(answer: Answer) -> bytes:
    return repr(answer.headers).encode() + answer.body


def _redis_dump(data_dir: Path) -> bytes:
    pointer = data_dir / "valkey.socket-path"
    path = pointer.read_text().strip() if pointer.exists() else str(data_dir / "valkey.sock")
    client = redis.Redis(unix_socket_path=path)
    found: list[Any] = [client.info("commandstats")]
    for key in client.scan_iter():
        kind = client.type(key).decode()
        readers = {
            "string": client.get,
            "hash": client.hgetall,
            "list": lambda key: client.lrange(key, 0, -1),
            "set": client.smembers,
            "zset": lambda key: client.zrange(key, 0, -1, withscores=True),
            "stream": client.xrange,
        }
        value = readers[kind](key)
        found += [key, value, client.dump(key)]
    assert found
    client.close()
    return b"".join(part if isinstance(part, bytes) else repr(part).encode() for part in found)


def _database_dump(data_dir: Path) -> bytes:
    database = sqlite3.connect(data_dir / "rejoinder.db")
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    parts: list[bytes] = []
    for table in tables:
        for row in database.execute(f'SELECT * FROM "{table}"'):
            parts += [value if isinstance(value, bytes) else str(value).encode() for value in row]
    database.close()
    assert len(parts) > 100
    return b"\n".join(parts)


def test_the_search_sees_every_form() -> None:
    address = CANARIES["form"]
    assert email.utils.parseaddr(address)[1] == address
    digest = hashlib.md5(address.encode(), usedforsecurity=False).hexdigest()
    for text in (
        address.upper().lower(),
        quote(address, safe=""),
        digest,
        base64.b64encode(b"to=" + address.encode()).decode(),
    ):
        assert any(trace in text.encode() for trace in traces(address)), text
