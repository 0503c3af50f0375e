"""Readers whom the site signs in: which logins hold, which are refused and nobody's, and whose writer they are."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select

from models import Comment, LoginKey, LoginUse, LoginWriter, ProofMethod, Site
from service.accounts.logins.keys import add_login_key, new_login_secret, remove_login_key
from service.errors import Invalid, NotFound
from service.privacy.logins import forget_uses
from service.privacy.rotation import rotate
from service.privacy.sealing import Keyring
from service.wiring import Services
from tests.fixed_clock import FixedClock
from tests.intake.reader import KEY, Reader
from tests.settings import TEST_SECRET

SECRET = "a-secret-that-site-and-service-share-0123456789"
RSA, SMALL_RSA = generate_private_key(65537, 2048), generate_private_key(65537, 1024)
ED, OTHER_ED = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()


def pem(private: Any) -> str:
    found: bytes = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return found.decode()


def jwk(private: Any, algorithm: Any) -> str:
    return str(algorithm.to_jwk(private.public_key()))


@pytest.fixture
def signed(services: Services, site: Site, fixed_clock: FixedClock) -> Callable[..., str]:
    """Makes a login of reader 7; a claim of `...` is left out."""
    add_login_key(services, None, site_id=site.id, algorithm="HS256", text=SECRET, kid="first")
    made = iter(range(10_000))

    def sign(key: Any = SECRET, algorithm: str = "HS256", headers: dict[str, Any] | None = None, **claims: Any) -> str:
        at = int(fixed_clock.now().timestamp())
        said = {"aud": "gazette", "sub": "reader-7", "iat": at, "exp": at + 600, "jti": f"n{next(made)}"} | claims
        said = {name: value for name, value in said.items() if value is not ...}
        return jwt.encode(said, key, algorithm=algorithm, headers=headers)

    return sign


def refusals(reader: Reader, login: Any, **changes: Any) -> dict[str, str]:
    answer = reader.post(login=login, **changes)
    assert answer.status_code == 422, answer.get_data(as_text=True)
    return {error["field"]: error["code"] for error in answer.get_json()["errors"]}


def test_a_login_proves_the_comment_and_its_writer_is_the_same(
    reader: Reader, services: Services, signed: Callable[..., str]
) -> None:
    first, second = reader.posted(login=signed()), reader.posted(login=signed(), body="Another.")
    stranger, guest = reader.posted(login=signed(sub="reader-8"), body="Mine."), reader.posted(body="A guest's.")
    rows = [reader.comment(one["id"]) for one in (first, second, stranger, guest)]
    assert [row.proven for row in rows] == [ProofMethod.LOGIN] * 3 + [None]
    assert [row.badge for row in rows] == ["verified"] * 3 + [None]
    assert rows[0].chain_id == rows[1].chain_id
    assert len({row.chain_id for row in rows}) == 3
    # Nothing of who it is.
    assert "reader-7" not in json.dumps([first, second])
    with services.read() as session:
        kept = session.scalars(select(LoginWriter)).all()
    assert len(kept) == 2
    assert all(b"reader" not in row.subject for row in kept)


def test_name_and_address_may_come_from_the_site(reader: Reader, signed: Callable[..., str]) -> None:
    said = {"name": "Ada of the Site", "email": "ada@site.example"}
    made = reader.posted(login=signed(**said), name=..., email=...)
    assert reader.comment(made["id"]).name == "Ada of the Site"
    # The site's word counts before what was typed; what it cannot be is wrong as if it were typed.
    made = reader.posted(login=signed(**said), body="Two.", name="Somebody else")
    assert reader.comment(made["id"]).name == "Ada of the Site"
    assert refusals(reader, signed(), name=..., email=...) == {"name": "required", "email": "required"}
    assert set(refusals(reader, signed(email="nonsense"))) == {"email"}


FAR = 10_000_000_000
CASES: dict[str, tuple[Callable[[Callable[..., str]], Any], str]] = {
    "empty": (lambda sign: "", "invalid"),
    "a number": (lambda sign: 7, "invalid"),
    "a list": (lambda sign: [sign()], "invalid"),
    "no token": (lambda sign: "a.b", "invalid"),
    "letters": (lambda sign: sign() + "é", "invalid"),
    "oversize": (lambda sign: sign(more="x" * 5000), "too_long"),
    "none": (lambda sign: sign(None, "none"), "unknown_key"),
    "another algorithm": (lambda sign: sign(SECRET, "HS384"), "unknown_key"),
    "another secret": (lambda sign: sign("x" * 40), "invalid"),
    "changed": (lambda sign: _changed(sign()), "invalid"),
    "signature cut off": (lambda sign: sign().rpartition(".")[0] + ".", "invalid"),
    "unknown kid": (lambda sign: sign(headers={"kid": "second"}), "unknown_key"),
    "kid no text": (lambda sign: _header(sign(), kid=7), "invalid"),
    "critical": (lambda sign: sign(headers={"crit": ["b64"], "b64": True}), "invalid"),
    "no audience": (lambda sign: sign(aud=...), "wrong_audience"),
    "another audience": (lambda sign: sign(aud="herald"), "wrong_audience"),
    "no end": (lambda sign: sign(exp=...), "missing_claim"),
    "end far off": (lambda sign: sign(exp=FAR), "lasts_too_long"),
    "end without end": (lambda sign: sign(exp=float("inf")), "invalid"),
    "end of hundreds of digits": (lambda sign: sign(exp=10**400), "invalid"),
    "issued hundreds of digits ago": (lambda sign: sign(iat=-(10**400)), "invalid"),
    "end no number": (lambda sign: sign(exp="soon"), "invalid"),
    "end is true": (lambda sign: sign(exp=True), "invalid"),
    "expired": (lambda sign: sign(exp=1_000_000_000, iat=...), "expired"),
    "not before": (lambda sign: sign(nbf=FAR), "not_yet_valid"),
    "issued later": (lambda sign: sign(iat=FAR), "not_yet_valid"),
    "issued long ago": (lambda sign: sign(iat=1_000_000_000), "lasts_too_long"),
    "no subject": (lambda sign: sign(sub=...), "missing_claim"),
    "empty subject": (lambda sign: sign(sub=""), "missing_claim"),
    "subject no text": (lambda sign: sign(sub=7), "invalid"),
    "long subject": (lambda sign: sign(sub="x" * 256), "invalid"),
    "id no text": (lambda sign: sign(jti=7), "invalid"),
}


def _changed(token: str) -> str:
    head, claims, signature = token.split(".")
    return ".".join((head, claims[:-4] + "AAAA", signature))


def _header(token: str, **changes: Any) -> str:
    header = {"alg": "HS256", "typ": "JWT"} | changes
    head = jwt.utils.base64url_encode(json.dumps(header).encode()).decode()
    return ".".join((head, *token.split(".")[1:]))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
def test_what_does_not_hold_is_refused_and_nobodys_comment(
    reader: Reader, services: Services, signed: Callable[..., str], case: str
) -> None:
    make, code = CASES[case]
    assert refusals(reader, make(signed)) == {"login": code}
    with services.read() as session:
        assert session.scalars(select(Comment)).all() == []


def test_where_a_site_signs_nobody_in(reader: Reader, site: Site) -> None:
    at = 2_000_000_000
    login = jwt.encode({"aud": "gazette", "sub": "7", "exp": at}, SECRET, algorithm="HS256")
    assert refusals(reader, login) == {"login": "not_offered"}
    # An empty field of a plain form is none.
    assert reader.post_form(login="").status_code == 303
    assert reader.posted(login=None, body="Another.")


@pytest.mark.parametrize(
    "algorithm, private, text",
    [
        pytest.param("RS256", RSA, pem(RSA), id="RSA, PEM"),
        pytest.param("RS256", RSA, jwk(RSA, jwt.algorithms.RSAAlgorithm), id="RSA, JWK"),
        pytest.param("EdDSA", ED, pem(ED), id="Ed25519, PEM"),
        pytest.param("EdDSA", ED, jwk(ED, jwt.algorithms.OKPAlgorithm), id="Ed25519, JWK"),
    ],
)
def test_pairs_of_keys(
    reader: Reader, services: Services, site: Site, signed: Callable[..., str], algorithm: str, private: Any, text: str
) -> None:
    add_login_key(services, None, site_id=site.id, algorithm=algorithm, text=text, kid="pair")
    assert reader.posted(login=signed(private, algorithm))
    assert reader.posted(login=signed(private, algorithm, headers={"kid": "pair"}), body="Two.")
    # The public half, which everybody may have, as if it were a secret; and one key's id over another's signature.
    confused = _signed_with_public_half(signed, pem(private))
    assert refusals(reader, confused) == {"login": "invalid"}
    assert refusals(reader, signed(headers={"kid": "pair"})) == {"login": "unknown_key"}
    if algorithm == "EdDSA":
        assert refusals(reader, signed(OTHER_ED, algorithm)) == {"login": "invalid"}


def _signed_with_public_half(sign: Callable[..., str], public: str) -> str:
    import hashlib
    import hmac

    told = sign().rpartition(".")[0]
    signature = hmac.digest(public.encode(), told.encode(), hashlib.sha256)
    return f"{told}.{jwt.utils.base64url_encode(signature).decode()}"


@pytest.mark.parametrize("named", [True, False], ids=["jti", "no-jti"])
def test_one_login_sends_one_comment(
    reader: Reader, services: Services, fixed_clock: FixedClock, signed: Callable[..., str], named: bool
) -> None:
    login = signed() if named else signed(jti=...)
    first = reader.posted(login=login, key=KEY)
    assert refusals(reader, login, body="Another.") == {"login": "used"}
    # The same signature written in another way.
    assert refusals(reader, f"{login[:-1]}{chr(ord(login[-1]) ^ 1)}", body="Another.")["login"] in ("used", "invalid")
    # Sent again because no answer came, it is the same comment, whatever login comes along.
    assert reader.posted(login=login, key=KEY) == first
    assert reader.posted(login=signed(), key=KEY) == first
    # Refused for another reason, it is still good.
    unused = signed()
    assert set(refusals(reader, unused, body="")) == {"body"}
    assert reader.posted(login=unused, body="Now.")
    fixed_clock.advance(seconds=700)
    with services.write() as session:
        forget_uses(session, fixed_clock.now())
    with services.read() as session:
        assert session.scalars(select(LoginUse)).all() == []
    assert refusals(reader, login, body="Later.") == {"login": "expired"}


def test_many_at_once_with_one_login_are_one(
    reader: Reader, services: Services, site: Site, signed: Callable[..., str]
) -> None:
    login = signed()
    readers = [Reader(reader.client.application.test_client(), services, site) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda pair: pair[1].post(login=login, body=f"Number {pair[0]}."), enumerate(readers)))
    assert sorted(answer.status_code for answer in answers) == [202] + [422] * 5
    with services.read() as session:
        assert len(session.scalars(select(Comment)).all()) == 1


def test_keys_are_rotated_and_the_writer_stays(
    reader: Reader, services: Services, site: Site, fixed_clock: FixedClock, signed: Callable[..., str]
) -> None:
    first = reader.comment(reader.posted(login=signed())["id"])
    secret = new_login_secret()
    add_login_key(services, None, site_id=site.id, algorithm="HS256", text=secret, kid="second")
    with pytest.raises(Invalid):
        add_login_key(services, None, site_id=site.id, algorithm="HS256", text=new_login_secret())
    second = reader.comment(reader.posted(login=signed(secret), body="Two.")["id"])
    remove_login_key(services, None, site_id=site.id, kid="first")
    assert refusals(reader, signed(), body="Three.") == {"login": "invalid"}
    # And the service's own secrets, after which the old one is gone.
    both = Keyring.from_secrets(["another-secret-of-the-test-suite-that-is-long", TEST_SECRET])
    assert rotate(services.read, services.write, both, fixed_clock.now()).login_keys == 1
    object.__setattr__(services, "keyring", Keyring.from_secrets(["another-secret-of-the-test-suite-that-is-long"]))
    third = reader.comment(reader.posted(login=signed(secret), body="Three.")["id"])
    assert first.chain_id == second.chain_id == third.chain_id
    with pytest.raises(NotFound):
        remove_login_key(services, None, site_id=site.id, kid="first")


@pytest.mark.parametrize(
    "algorithm, text, code",
    [
        ("HS256", "short", "weak"),
        ("HS256", "a" * 60, "weak"),
        ("HS256", pem(RSA), "wrong_kind"),
        ("HS256", jwk(RSA, jwt.algorithms.RSAAlgorithm), "wrong_kind"),
        ("RS256", SECRET, "invalid"),
        ("RS256", pem(ED), "wrong_kind"),
        ("RS256", pem(SMALL_RSA), "wrong_kind"),
        ("EdDSA", pem(RSA), "wrong_kind"),
        ("EdDSA", str(jwt.algorithms.OKPAlgorithm.to_jwk(ED)), "private"),
        ("EdDSA", "{}", "invalid"),
        ("ES256", SECRET, "unknown_value"),
        ("none", "", "unknown_value"),
    ],
)
def test_what_is_no_key(services: Services, site: Site, algorithm: str, text: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        add_login_key(services, None, site_id=site.id, algorithm=algorithm, text=text)
    assert refused.value.errors[0].code == code
    with services.read() as session:
        assert session.scalars(select(LoginKey)).all() == []
