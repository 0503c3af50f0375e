"""Two senders, one of whom guesses an address right: nobody can tell which from any answer."""

import pytest
from sqlalchemy import event

from models import AddressPurpose, Status
from service.privacy.bans import ban_address
from service.privacy.links import suppress_mail
from service.settings import Rate
from tests.factories import add_address
from tests.intake.reader import Reader

KNOWN, UNKNOWN = "known.reader@example.org", "quite.unknown@example.org"


def shape(response) -> tuple:
    """Everything of an answer but the values that are random for everybody."""
    document = response.get_json(silent=True) or {}
    fixed = {name: value for name, value in document.items() if name not in {"id", "receipt", "receipt_url"}}
    lengths = {name: len(str(value)) for name, value in document.items()}
    headers = {name: len(value) if name == "Location" else value for name, value in response.headers.items()}
    return response.status_code, fixed, lengths, headers


@pytest.fixture
def made_known(reader, services, site) -> Reader:
    """The known address has posted, was proven, is banned, and refused mail."""
    first, second = reader.posted(email=KNOWN), reader.posted(email=KNOWN, body="A second remark.")
    reader.decide(first["id"], Status.APPROVED)
    add_address(services, site, reader.comment(first["id"]).chain_id, KNOWN, purpose=AddressPurpose.CHAIN)
    now = services.clock.now()
    with services.write() as session:
        keyring = services.keyring
        ban_address(session, keyring, site_id=site.id, address=KNOWN, now=now)
        suppress_mail(session, keyring, second["id"], now)
    return reader


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="plain"),
        pytest.param({"notify": True, "notify_replies": True, "confirm": True}, id="asks-for-mail"),
        pytest.param({"earlier_receipt": "x" * 22}, id="made-up-receipt"),
        pytest.param({"key": "a-key-of-sixteen-or-more-{}"}, id="with-a-key"),
        pytest.param({"offer_correction": True}, id="asks-for-corrections"),
        pytest.param({"body": ""}, id="refused"),
    ],
)
def test_answers_are_alike(made_known, changes):
    def sent(address: str):
        own = {name: value.format(address[0]) if isinstance(value, str) else value for name, value in changes.items()}
        return shape(made_known.post(email=address, **own))

    assert sent(KNOWN) == sent(UNKNOWN)


def test_receipts_are_alike(made_known):
    views = []
    for address in (KNOWN, UNKNOWN):
        answer = made_known.posted(email=address)
        view = made_known.receipt(answer["receipt"])
        assert view.pop("id") == answer["id"]
        views.append(view)
    assert views[0] == views[1]


def test_plain_forms_are_alike(made_known):
    first, second = (shape(made_known.post_form(email=address)) for address in (KNOWN, UNKNOWN))
    assert first == second


def test_limits_are_alike(made_known, limited):
    """The known address has posted a lot, from another network: neither sender feels it."""
    reader = limited(Rate(3, 60.0))

    def statuses(address: str, network: int) -> list[int]:
        def post():
            environ = {"REMOTE_ADDR": f"198.51.{network}.7"}
            body = {"thread": "1", "page_url": "http://news.test/1", "name": "A", "body": "Words.", "email": address}
            return reader.client.post(reader.path, json=body, environ_overrides=environ)

        return [post().status_code for _ in range(5)]

    assert statuses(KNOWN, 1) == [202, 202, 202, 429, 429]
    assert statuses(KNOWN, 2) == statuses(UNKNOWN, 3) == [202, 202, 202, 429, 429]


def test_the_public_face_is_no_function_of_the_address(made_known):
    chains = [
        made_known.comment(made_known.posted(email=address)["id"]).chain_id for address in (KNOWN, KNOWN, UNKNOWN)
    ]
    assert len(set(chains)) == 3


def test_the_work_is_the_same(made_known):
    """Statement by statement: what takes the same steps takes the same time."""
    work: dict[str, list[str]] = {}
    for address in (KNOWN, UNKNOWN):
        statements = work[address] = []

        def note(_connection, _cursor, statement, *_rest, kept=statements):
            kept.append(statement)

        event.listen(made_known.services.engine, "before_cursor_execute", note)
        made_known.posted(email=address, body=f"Remark by {address[0]}.")
        event.remove(made_known.services.engine, "before_cursor_execute", note)
    assert work[KNOWN] == work[UNKNOWN]
    assert any("INSERT INTO comment" in statement for statement in work[KNOWN])
