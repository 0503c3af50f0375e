"""A comment comes in: the answer, the rows, the stream; and every request that is no comment."""

import io

import pytest
from sqlalchemy import inspect, select

from models import (
    AddressPurpose,
    AddressRecord,
    CommentVersion,
    ProofMethod,
    Receipt,
    Site,
    SiteSettings,
    Status,
    SubmissionKey,
    Terms,
    Thread,
    ThreadState,
    WebsiteField,
    WriterChain,
)
from moderation_rules import fingerprint
from service.privacy.addresses import open_address
from service.queue.stream import STREAM
from service.redis_keys import key
from service.settings import Rate
from service.wiring import make_redis
from tests.factories import add_site
from tests.intake.reader import codes, fields
from tests.waiting import wait_until


def test_the_answer_is_the_contracts(reader):
    response = reader.post()
    assert response.status_code == 202
    answer = response.get_json()
    assert set(answer) == {"id", "status", "receipt", "receipt_url"}
    assert answer["status"] == "received"
    assert len(answer["receipt"]) == 22
    assert answer["receipt_url"] == f"http://127.0.0.1:8000/receipts/{answer['receipt']}"
    assert response.headers["Cache-Control"] == "no-store"


def test_what_is_kept(reader, services):
    answer = reader.posted(
        name="Zoe\u0308", website="https://ada.test", body=" *Hi*\r\nthere ", email="Ada@Example.org", notify=True
    )
    comment = reader.comment(answer["id"])
    assert (comment.status, comment.revision, comment.current_version) == (Status.RECEIVED, 0, 1)
    assert (comment.name, comment.website, comment.proven) == ("Zoë", "https://ada.test", None)
    assert (comment.wants_notify, comment.wants_replies, comment.wants_confirm) == (True, False, False)
    assert comment.fingerprint == fingerprint("*Hi*\nthere")
    assert comment.prefix_hash is not None
    assert comment.intake_facts == {"honeypot_filled": False, "form_token": "missing", "disposable_email": False}
    thread = reader.thread()
    assert (thread.url, thread.title, thread.verified) == ("http://news.test/story?id=4711", "A story", False)
    with services.read() as session:
        version = session.get_one(CommentVersion, (comment.id, 1))
        record = session.scalars(select(AddressRecord)).one()
        assert open_address(services.keyring, record) == "Ada@example.org"
        receipt = session.get_one(Receipt, comment.id)
    assert (version.text, version.html.replace("\n", "")) == ("*Hi*\nthere", "<p><em>Hi</em><br>there</p>")
    assert (record.purpose, record.owner_id) == (AddressPurpose.SUBMISSION, comment.id)
    assert answer["receipt"].encode() not in receipt.sealed + receipt.lookup


def test_its_id_goes_onto_the_stream(reader, services):
    answer = reader.posted()
    messages = wait_until(lambda: services.redis.xrange(key(services.redis, STREAM)), what="the message")
    assert messages[0][1] == {b"v": b"1", b"c": answer["id"].encode(), b"r": b"0"}


def test_the_address_is_in_no_column_in_plain(reader, services):
    reader.posted(email="canary@example.org", key="a-key-of-sixteen-or-more")
    with services.read() as session:
        tables = inspect(services.engine).get_table_names()
        dump = repr([session.connection().exec_driver_sql(f'SELECT * FROM "{table}"').all() for table in tables])
    assert "canary" not in dump.lower()
    assert b"canary" not in b"".join(services.redis.keys())


def test_a_second_comment_finds_the_thread(reader):
    first, second = reader.posted(), reader.posted(page_title="Another title", body="Again.")
    assert reader.count(Thread) == 1
    assert reader.comment(first["id"]).thread_id == reader.comment(second["id"]).thread_id
    # What the first post said holds until the newsroom speaks.
    assert reader.thread().title == "A story"
    # Unproven, so each of them is a writer of its own.
    assert reader.count(WriterChain) == 2


def test_the_same_text_again_is_no_refusal(reader):
    assert reader.post().status_code == reader.post().status_code == 202
    assert reader.count() == 2


@pytest.mark.parametrize("state", [ThreadState.CLOSED, ThreadState.HIDDEN])
def test_a_closed_thread(reader, services, state):
    reader.posted()
    with services.write() as session:
        session.scalars(select(Thread)).one().state = state
    refused = reader.post()
    assert (refused.status_code, refused.get_json()["code"]) == (409, "thread_closed")
    assert reader.form("4711")["open"] is False
    assert reader.form("another")["open"] is True


@pytest.mark.parametrize("slug", ["nowhere", "a%00b", "%F0%9F%98%80", "x" * 80])
def test_an_unknown_site(reader, slug):
    refused = reader.client.post(f"/api/v1/sites/{slug}/comments", json=fields())
    assert refused.status_code == 404
    assert refused.mimetype == "application/problem+json"


def test_a_reply_to_an_approved_comment(reader):
    parent = reader.posted()["id"]
    assert codes(reader.post(parent_id=parent)) == {"parent_id": "unknown_parent"}
    reader.decide(parent, Status.APPROVED)
    assert reader.comment(reader.posted(parent_id=parent)["id"]).parent_id == parent
    assert codes(reader.post(parent_id=parent, thread="another")) == {"parent_id": "unknown_parent"}
    assert codes(reader.post(parent_id="01J0000000000000000000000X")) == {"parent_id": "unknown_parent"}


def test_a_reply_across_sites(reader, services):
    parent = reader.posted()["id"]
    reader.decide(parent, Status.APPROVED)
    add_site(services, "other")
    refused = reader.client.post("/api/v1/sites/other/comments", json=fields(parent_id=parent))
    assert codes(refused) == {"parent_id": "unknown_parent"}


def test_an_earlier_receipt_proves_the_submission(reader):
    first = reader.posted()
    unproven = reader.comment(reader.posted(earlier_receipt=first["receipt"])["id"])
    assert unproven.proven is None
    reader.decide(first["id"], Status.APPROVED)
    proven = reader.comment(reader.posted(earlier_receipt=first["receipt"], email="other@example.org")["id"])
    assert proven.proven is ProofMethod.RECEIPT
    assert proven.chain_id == reader.comment(first["id"]).chain_id != unproven.chain_id
    assert reader.comment(reader.posted(earlier_receipt="nonsense")["id"]).proven is None


FORMS = [pytest.param(False, id="urlencoded"), pytest.param(True, id="multipart")]


@pytest.mark.parametrize("multipart", FORMS)
def test_a_plain_form(reader, multipart):
    response = reader.post_form(
        multipart=multipart, name="Zoë & Co", body="Line\r\ntwo", notify="on", notify_replies="1", website=""
    )
    assert response.status_code == 303
    receipt = response.headers["Location"].removeprefix("http://127.0.0.1:8000/receipts/")
    comment = reader.comment(reader.receipt(receipt)["id"])
    assert (comment.name, comment.wants_notify, comment.wants_replies) == ("Zoë & Co", True, True)
    assert comment.website is None


def test_a_refused_plain_form_without_the_embed_page(reader):
    refused = reader.post_form(email="nothing")
    assert (refused.status_code, refused.mimetype) == (422, "text/html")
    assert "This is not a complete e-mail address." in refused.get_data(as_text=True)
    assert reader.post_form(accept="*/*", email="nothing").mimetype == "application/problem+json"


def test_a_refused_plain_form_is_shown_again(reader, app):
    seen = []

    def page(slug, values, refused):
        seen.append((slug, dict(values), refused))
        return app.response_class("again", refused.status, mimetype="text/html")

    app.extensions["rejoinder.form_page"] = page
    refused = reader.post_form(body="", subject="x")
    assert (refused.status_code, refused.get_data(as_text=True)) == (422, "again")
    slug, values, error = seen[0]
    assert (slug, values["email"], error.code) == ("gazette", "ada@example.org", "invalid")


JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("kind", "data", "status", "code"),
    [
        pytest.param(JSON, b"", 400, "invalid_json", id="json-empty"),
        pytest.param(JSON, b"{", 400, "invalid_json", id="json-cut"),
        pytest.param(JSON, b'{"name": NaN}', 400, "invalid_json", id="json-nan"),
        pytest.param(JSON, b"[" * 60_000, 400, "invalid_json", id="json-deep"),
        pytest.param(JSON, b'{"a": ' + b"9" * 5000 + b"}", 400, "invalid_json", id="json-long-number"),
        pytest.param(JSON, b"[]", 422, "invalid", id="json-list"),
        pytest.param(JSON, b'"x"', 422, "invalid", id="json-text"),
        pytest.param(JSON, b'{"name": "\xff"}', 400, "invalid_utf8", id="json-not-utf8"),
        pytest.param(JSON, b'{"name": "\xed\xa0\x80"}', 400, "invalid_utf8", id="json-raw-surrogate"),
        pytest.param(FORM, b"name=%FF", 400, "invalid_utf8", id="form-not-utf8"),
        pytest.param(FORM, b"name=\xff", 400, "invalid_utf8", id="form-raw-not-utf8"),
        pytest.param(FORM, b"&".join(b"a=1" for _ in range(60)), 400, "invalid_form", id="form-many-fields"),
        pytest.param("multipart/form-data; x=y", b"", 400, "invalid_form", id="multipart-no-boundary"),
        pytest.param("multipart/form-data; boundary=x", b"--x\r\n", 400, "invalid_form", id="multipart-cut"),
        pytest.param("multipart/form-data; boundary=\xe9", b"--x--", 400, "invalid_form", id="multipart-odd-boundary"),
        pytest.param("text/plain", b"hello", 415, "unsupported_media_type", id="text"),
        pytest.param("", b"{}", 415, "unsupported_media_type", id="no-type"),
        pytest.param("application/json; charset=latin-1", b"{}", 415, "unsupported_media_type", id="latin-1"),
        pytest.param(JSON, b" " * 65_537, 413, "too_large", id="65537-bytes"),
        pytest.param(FORM, b"a" * 65_537, 413, "too_large", id="form-65537-bytes"),
    ],
)
def test_what_cannot_be_read(reader, kind, data, status, code):
    # Past the client, which would put a boundary into the type.
    refused = reader.client.post(reader.path, data=data, environ_overrides={"CONTENT_TYPE": kind})
    assert (refused.status_code, refused.get_json()["code"]) == (status, code)
    assert refused.mimetype == "application/problem+json"


def test_a_compressed_request(reader):
    refused = reader.client.post(reader.path, data=b"x", content_type=JSON, headers={"Content-Encoding": "gzip"})
    assert refused.status_code == 415


def test_a_file_in_a_field_is_no_value(reader):
    response = reader.client.post(
        reader.path, data=fields(name=(io.BytesIO(b"x"), "name.txt")), content_type="multipart/form-data"
    )
    assert codes(response) == {"name": "required"}


def test_the_limit_counts_by_prefix(limited):
    reader = limited(Rate(2, 60.0))
    assert [reader.post(email=f"r{n}@example.org").status_code for n in range(3)] == [202, 202, 429]
    refused = reader.post(email="new@example.org")
    assert 1 <= int(refused.headers["Retry-After"]) <= 31
    assert refused.get_json()["code"] == "too_many_comments"
    # The same address from elsewhere is free: nobody's address can be used up by somebody else.
    elsewhere = reader.client.post(reader.path, json=fields(), environ_overrides={"REMOTE_ADDR": "203.0.113.7"})
    assert elsewhere.status_code == 202
    neighbour = reader.client.post(reader.path, json=fields(), environ_overrides={"REMOTE_ADDR": "127.0.0.77"})
    assert neighbour.status_code == 429


def test_what_is_refused_for_its_fields_is_not_counted(limited):
    reader = limited(Rate(1, 60.0))
    assert [reader.post(body="").status_code for _ in range(3)] == [422, 422, 422]
    assert reader.post().status_code == 202


def test_the_form_says_what_the_site_asks(reader, services):
    form = reader.form("4711")
    assert form["open"] is True
    assert form["fields"] == {
        "name": {"min": 1, "max": 80},
        "email": {"max": 254},
        "website": {"max": 2000, "shown": True},
        "body": {"min": 2, "max": 5000},
        "honeypot": "subject",
        "confirm": False,
        "notify": False,
        "notify_replies": False,
        "terms": None,
    }
    assert (form["guideline"], form["announcement"]) == ("", "")
    add_site(services, "plain", website=WebsiteField.OFF)
    assert reader.client.get("/api/v1/sites/plain/form").get_json()["fields"]["website"] is None
    add_site(services, "quiet", website=WebsiteField.OPTIONAL)
    quiet = reader.client.get("/api/v1/sites/quiet/form").get_json()
    assert (quiet["fields"]["website"], quiet["settings"]["house"]) == ({"max": 2000, "shown": False}, True)
    refused = reader.client.get("/api/v1/sites/gazette/form", query_string={"thread": "x" * 600})
    assert codes(refused) == {"thread": "too_long"}


def test_terms_are_accepted_with_each_comment(reader, services):
    with services.write() as session:
        site = session.scalars(select(Site).where(Site.slug == "gazette")).one()
        site.settings = SiteSettings(
            guideline="Be kind.\nBe short.", announcement="New.", terms=Terms(version="2"), reader_language="fr"
        )
    form = reader.form("4711")
    assert (form["guideline"], form["announcement"]) == ("Be kind.\nBe short.", "New.")
    assert form["fields"]["terms"] == {"version": "2", "text": "", "url": ""}
    assert (form["settings"]["house"], form["settings"]["language"]) == (True, "fr")
    assert codes(reader.post()) == {"terms": "required"}
    assert codes(reader.post(terms="1")) == {"terms": "changed"}
    assert codes(reader.post(terms=True)) == {"terms": "not_text"}
    kept = reader.comment(reader.posted(terms="2")["id"])
    assert kept.intake_facts["terms"] == "2"


@pytest.mark.parametrize(
    ("change", "facts"),
    [
        pytest.param({}, {"form_token": "valid", "form_age": 5.0}, id="valid"),
        pytest.param({"advance": 86_401}, {"form_token": "stale", "form_age": 86_401.0}, id="stale"),
        pytest.param({"advance": 1}, {"form_token": "valid", "form_age": 1.0}, id="quick"),
        pytest.param({"token": "made-up"}, {"form_token": "invalid"}, id="made-up"),
        pytest.param({"token": "x" * 600}, {"form_token": "invalid"}, id="long"),
        pytest.param({"token": ...}, {"form_token": "missing"}, id="missing"),
        pytest.param({"site": "other"}, {"form_token": "invalid"}, id="of-another-site"),
        pytest.param({"advance": -90}, {"form_token": "invalid"}, id="from-the-future"),
    ],
)
def test_the_form_token_is_a_fact(reader, services, fixed_clock, change, facts):
    add_site(services, "other")
    token = reader.client.get(f"/api/v1/sites/{change.get('site', 'gazette')}/form").get_json()["token"]
    fixed_clock.advance(seconds=change.get("advance", 5))
    kept = reader.comment(reader.posted(token=change.get("token", token))["id"]).intake_facts
    assert {name: kept.get(name) for name in ("form_token", "form_age")} == {"form_age": None} | facts


def test_a_bot_is_a_fact(reader):
    kept = reader.comment(reader.posted(subject="Buy", email="a@mailinator.com")["id"]).intake_facts
    assert (kept["honeypot_filled"], kept["disposable_email"]) == (True, True)


def test_redis_gone_changes_nothing(limited):
    reader = limited(Rate(1, 60.0), redis=make_redis("unix:///nowhere/at/all.sock", 0.25))
    assert [reader.post().status_code for _ in range(3)] == [202, 202, 202]
    assert reader.count() == 3


def test_an_older_key_is_kept_no_longer_than_a_day(reader, fixed_clock):
    reader.posted(key="a-key-of-sixteen-or-more")
    fixed_clock.advance(hours=25)
    reader.posted(key="a-key-of-sixteen-or-more", body="Another comment.")
    assert (reader.count(), reader.count(SubmissionKey)) == (2, 1)
