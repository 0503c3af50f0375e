"""A seal opens in its own place and nowhere else; an index can be made only with the ring."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import BadSignature, SignatureExpired

from service.errors import Misconfigured
from service.privacy.sealing import Keyring, SealBroken, new_secret
from tests.fixed_clock import FixedClock

OLD, NEW, OTHER = (new_secret() for _ in range(3))
RING = Keyring.from_secrets([NEW, OLD])

texts = st.text(st.characters(codec="utf-8"), max_size=300)
places = st.tuples(texts, texts, texts)


@given(place=places, text=texts)
def test_a_seal_opens_in_its_place(place, text):
    assert RING.open(*place, RING.seal(*place, text)) == text


@given(place=places, other=places, text=texts)
def test_a_seal_never_opens_in_another_place(place, other, text):
    if place == other:
        return
    with pytest.raises(SealBroken):
        RING.open(*other, RING.seal(*place, text))


def test_parts_of_a_place_cannot_be_shifted():
    with pytest.raises(SealBroken):
        RING.open("p", "ab", "c", RING.seal("p", "a", "bc", "x"))


@given(text=texts, at=st.integers(min_value=0), flip=st.integers(min_value=1, max_value=255))
def test_a_changed_byte_breaks_the_seal(text, at, flip):
    sealed = bytearray(RING.seal("p", "s", "r", text))
    sealed[at % len(sealed)] ^= flip
    with pytest.raises(SealBroken):
        RING.open("p", "s", "r", bytes(sealed))


@pytest.mark.parametrize("length", [0, 1, 8, 9, 20, 21, 40])
def test_a_cut_seal_is_broken(length):
    with pytest.raises(SealBroken):
        RING.open("p", "s", "r", RING.seal("p", "s", "r", "ada@example.org")[:length])


def test_another_ring_does_not_open_it():
    sealed = RING.seal("p", "s", "r", "ada@example.org")
    with pytest.raises(SealBroken, match="not in the ring"):
        Keyring.from_secrets([OTHER]).open("p", "s", "r", sealed)


def test_a_seal_under_another_key_with_this_id_is_broken():
    one, two = Keyring.from_secrets([OLD]), Keyring.from_secrets([NEW])
    forged = one.seal("p", "s", "r", "x")[:1] + bytes.fromhex(two.newest) + one.seal("p", "s", "r", "x")[9:]
    with pytest.raises(SealBroken, match="another place, or changed"):
        two.open("p", "s", "r", forged)


def test_the_newest_key_writes_and_the_older_reads():
    old = Keyring.from_secrets([OLD])
    assert RING.open("p", "s", "r", old.seal("p", "s", "r", "x")) == "x"
    assert RING.key_id_of(RING.seal("p", "s", "r", "x")) == RING.newest != old.newest
    assert RING.key_ids == (RING.newest, old.newest)
    assert RING.index("p", "v")[1] != old.index("p", "v")[1]
    assert old.index("p", "v")[1] in RING.indexes("p", "v")


def test_an_index_depends_on_purpose_key_and_value():
    found = {RING.index(purpose, value)[1] for purpose in ("a", "b") for value in ("x", "y")}
    assert len(found) == 4
    assert all(len(index) == 16 for index in found)
    assert RING.index("a", "x") == RING.index("a", b"x")


def test_two_seals_of_one_text_differ_and_do_not_tell_its_length():
    short, shorter = RING.seal("p", "s", "r", "ada@example.org"), RING.seal("p", "s", "r", "a@b.de")
    assert short != RING.seal("p", "s", "r", "ada@example.org")
    assert len(short) == len(shorter)


def test_nothing_that_is_printed_tells_a_secret_or_a_text():
    broken = ""
    try:
        RING.open("p", "s", "other", RING.seal("p", "s", "r", "ada@example.org"))
    except SealBroken as error:
        broken = f"{error!r} {error.__cause__!r}"
    printed = f"{RING!r} {RING._keys!r} {broken}"
    assert not any(secret in printed for secret in (OLD, NEW))
    assert "ada@" not in printed


@pytest.mark.parametrize(
    ("secrets", "words"),
    [
        pytest.param([], "no secret", id="none"),
        pytest.param(["short-but-varied-0123456789"], "shorter than 32", id="short"),
        pytest.param([NEW, ""], "secret 2", id="an empty second one"),
        pytest.param(["a" * 64], "repeats itself", id="one letter"),
        pytest.param(["correct-horse-01" * 3], "repeats itself", id="a repeated word"),
        pytest.param(["abcabcacbbacbacbacbacbabcabcabcabc"], "repeats itself", id="three letters"),
        pytest.param([NEW, OLD, NEW], "twice", id="the same twice"),
    ],
)
def test_a_secret_that_cannot_be_one_is_refused(secrets, words):
    with pytest.raises(Misconfigured, match=words) as refused:
        Keyring.from_secrets(secrets)
    assert not any(secret in str(refused.value) for secret in secrets if secret)


def test_new_secrets_are_taken():
    for _ in range(50):
        Keyring.from_secrets([new_secret(), new_secret()])


def test_signed_tokens_carry_the_clocks_time():
    clock = FixedClock()
    signer = RING.serializer("form", clock.now)
    token = signer.dumps({"thread": "4711"})
    clock.advance(seconds=60)
    value, made = signer.loads(token, max_age=60, return_timestamp=True)
    assert value == {"thread": "4711"}
    assert (clock.now() - made).total_seconds() == 60
    clock.advance(seconds=1)
    with pytest.raises(SignatureExpired):
        signer.loads(token, max_age=60)


def test_signed_tokens_are_bound_to_purpose_and_ring():
    token = Keyring.from_secrets([OLD]).serializer("form").dumps("x")
    assert RING.serializer("form").loads(token) == "x"
    for stranger in (RING.serializer("mail"), Keyring.from_secrets([OTHER]).serializer("form")):
        with pytest.raises(BadSignature):
            stranger.loads(token)
    # What the ring signs, it signs with the newest key.
    with pytest.raises(BadSignature):
        Keyring.from_secrets([OLD]).serializer("form").loads(RING.serializer("form").dumps("x"))
