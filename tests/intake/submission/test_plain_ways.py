"""What most readers type takes a shorter way, to where the long one leads."""

import hmac
import re
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moderation_rules.near_copies import sketch as sketches
from service.intake.submission import hidden_addresses
from service.intake.submission.address_syntax import Address, InvalidAddress, check_address, read_address
from service.intake.submission.hidden_addresses import holds_address
from service.intake.submission.raw import read_json
from service.markup.characters import one_line, visible, without_unseen
from service.privacy.sealing import INDEX_BYTES, Keyring
from tests.settings import TEST_SECRET

ASCII = st.text(st.characters(max_codepoint=0x7F), max_size=60) | st.text("a. \n", max_size=9)
LOCALS = st.from_regex(r"[a-z0-9+_.-]{1,66}", fullmatch=True) | st.sampled_from(["info", "postmaster", "a" * 64])
DOMAINS = st.from_regex(r"[a-z0-9.-]{1,70}", fullmatch=True) | st.sampled_from(
    ["example.org", "localhost", "a.test", "xn--bcher-kva.example", "xn--a.example", "1.2.3.4", "example.123"]
)


def _told(read, text: str) -> Address | None:
    try:
        return read(text)
    except InvalidAddress:
        return None


@given(local=LOCALS, domain=DOMAINS)
def test_a_plain_address_is_read_as_every_other(local: str, domain: str) -> None:
    text = f"{local}@{domain}"
    if text == text.strip(" .,;:"):  # Else it is a sentence's end that is taken off.
        assert _told(read_address, text) == _told(check_address, text)


@pytest.mark.parametrize(
    "text", [f"{'a' * 65}@example.org", f"a@{'b.' * 126}org", "-a@example.org", "a..b@example.org"]
)
def test_the_short_way_takes_no_address_that_the_long_one_refuses(text: str) -> None:
    with pytest.raises(InvalidAddress):
        read_address(text)


WORDS = st.lists(
    st.sampled_from(
        [
            "Ada",
            "ada",
            "at",
            "At",
            "dot",
            "com",
            "gmail",
            "be",
            "ad",
            "de",
            "fa",
            "ce",
            "McCoy",
            "Example",
            "a",
            "example",
        ]
    )
    | st.from_regex("[A-Za-z]{1,14}", fullmatch=True),
    min_size=1,
    max_size=9,
)


@given(words=WORDS, between=st.sampled_from([" ", ". ", ", ", ".", "-"]))
def test_words_hold_an_address_where_they_would_on_the_long_way(words: list[str], between: str) -> None:
    text = between.join(words)
    short = holds_address(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hidden_addresses, "_WORDS", re.compile(r"(?!)"))
        patch.setattr(hidden_addresses, "_is_plain", lambda text: False)
        assert holds_address(text) is short


def test_some_words_take_the_short_way_and_some_hold_an_address() -> None:
    assert hidden_addresses._WORDS.fullmatch("Ada Lovelace, St. Ives")
    assert holds_address("ada at example dot com")


@given(text=ASCII)
def test_plain_characters_become_what_they_become_among_others(text: str) -> None:
    # A letter beyond ASCII sends the whole text the long way.
    assert one_line(f"é {text}") == f"é {one_line(text)}".strip()
    assert without_unseen(f"é{text}") == f"é{without_unseen(text)}"
    assert visible(f"é{text}", 31) == min(31, 1 + visible(text, 31))


@given(text=st.text("abcdefghijklmnopqrstuvwxyz0123456789", max_size=400))
def test_letters_of_a_byte_each_have_the_same_hashes_as_all_others(text: str) -> None:
    alphabet = sketches._code_of(text, frozenset())
    assert alphabet is not None
    assert sketches._hashes_of_bytes(alphabet.bytes_of(text), alphabet.shares) == sketches._hashes(text)


@given(text=st.text("aA1@ .-_/+'=?#:U", max_size=40) | st.text("ab 64610AZ", max_size=30))
@example("ada at example.org")
@example("6164614062 2e6465")
@example("x YWRhQGV4YW1wbGUub3Jn")
@example("mzuw4zlsfzqgkylsonxxe3dvmvzqa")
def test_a_text_without_signs_holds_what_it_holds_among_others(text: str) -> None:
    with patch("service.intake.submission.hidden_addresses._is_plain", return_value=False):
        holds = holds_address(text)
    assert holds_address(text) is holds


@given(purpose=st.sampled_from(["address-exact", "receipt"]), value=st.binary(max_size=200))
def test_an_index_is_an_hmac(purpose: str, value: bytes) -> None:
    ring = Keyring.from_secrets([TEST_SECRET])
    key = ring._keys[0].for_purpose("index", purpose)
    assert ring.index(purpose, value)[1] == hmac.digest(key, value, "sha256")[:INDEX_BYTES]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"body": "a", "body": "b"}', {"body": "b"}),
        (b' {"n": 123456789012345678901234567890}\n', {"n": 123456789012345678901234567890}),
        (b'{"half": "\\ud800", "body": "a"}', {"half": "\ud800", "body": "a"}),
        (b'{"deep": [[[{"a": null}]]]}', {"deep": [[[{"a": None}]]]}),
    ],
)
def test_whatever_is_json_is_read(body: bytes, found: dict[str, object]) -> None:
    assert read_json(body).values == found
