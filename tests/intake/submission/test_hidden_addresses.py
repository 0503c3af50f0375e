"""No field that readers see holds an e-mail address, in whatever guise a reader's request brings it."""

import base64
from html import escape
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import SiteSettings
from service.errors import Invalid
from service.intake.submission.fields import read_submission
from service.intake.submission.hidden_addresses import holds_address
from service.intake.submission.raw import RawSubmission
from tests.intake.reader import codes, fields

ORIGINS = ["https://news.test"]


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


# What turns an address into something that reads, or is decoded, as that address.
PLAIN = {
    "full width": lambda text: text.replace("@", "＠").replace(".", "．"),
    "small at, ideographic dot": lambda text: text.replace("@", "﹫").replace(".", "。"),
    "half-width dot": lambda text: text.replace(".", "｡"),
    "unseen letters": lambda text: text.replace("@", "\u200b@\u2060"),
    "spelt": lambda text: text.replace("@", " [at] ").replace(".", " dot "),
    "spelt in brackets": lambda text: text.replace("@", "(AT)").replace(".", "{dot}"),
    "spelt in capitals": lambda text: text.replace("@", " AT ").replace(".", " DOT "),
    "apart": lambda text: text.replace("@", " @ "),
    "fullwidth throughout": lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
}
ESCAPED = {
    "percent": lambda text: quote(text, safe=""),
    "percent, all of it": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "entities": lambda text: text.replace("@", "&#64;").replace(".", "&#x2e;"),
    "named entities": lambda text: text.replace("@", "&commat;").replace(".", "&period;"),
    "HTML": lambda text: escape(text),
    "a program's": lambda text: text.replace("@", "\\u0040").replace(".", "\\x2e"),
    "old browsers'": lambda text: text.replace("@", "%u0040"),
}
ENCODED = {
    "base64": base64_of,
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base64 behind something": lambda text: f"xy{base64_of(text)}",
    "base64 of JSON": lambda text: base64_of(f'{{"mail":"{text}"}}'),
    "base32": lambda text: base64.b32encode(text.encode()).decode(),
    "hexadecimal": lambda text: text.encode().hex(),
}
FACES = {
    "alone": "{}",
    "in a sentence": "write to {} now",
    "in a URL": "https://shop.test/u/{}/x",
    "in a query": "https://shop.test/?id=1&e={}&b=2",
    "a user of a URL": "https://{}@shop.test/",
    "mailto": "mailto:{}",
}
ADDRESSES = st.sampled_from(
    [
        "ada@b.example",
        "ada.byron+x@example.org",
        "a_b-c@sub.news.example",
        "o'neill@example.co.uk",
        "ä.ö@bücher.example",
    ]
)


# Some guises are longer than any name: those are refused for that.
NAME_MAX = 2000


@settings(max_examples=250, deadline=None)
@given(
    ADDRESSES,
    st.sampled_from(sorted(PLAIN)) | st.none(),
    st.lists(st.sampled_from(sorted(ESCAPED)), max_size=3),
    st.lists(st.sampled_from(sorted(ENCODED)), max_size=2),
    st.sampled_from(sorted(FACES)),
)
def test_no_guise_is_published(address, plain, escaped, encoded, face):
    disguised = address
    if encoded:
        # An encoding is of the address itself; what reads as it is for the eye.
        plain = None
    for how in [*([PLAIN[plain]] if plain else []), *(ENCODED[name] for name in encoded)]:
        disguised = how(disguised)
    for name in escaped:
        disguised = ESCAPED[name](disguised)
    text = FACES[face].format(disguised)
    assert holds_address(text)
    raw = fields(page_title=text, page_url=f"https://news.test/a/{quote(disguised, safe='%')}?b={quote(disguised)}")
    kept = read_submission(RawSubmission(raw), SiteSettings(), ORIGINS, None)
    assert kept.page_title == ""
    # A path that is longer than any page's goes as a whole.
    assert kept.page_url in ("https://news.test/a/", "https://news.test/")
    with pytest.raises(Invalid) as refused:
        read_submission(RawSubmission(fields(name=disguised)), SiteSettings(name_max=NAME_MAX), ORIGINS, None)
    said = "looks_like_email" if len(disguised) <= NAME_MAX else "too_long"
    assert [error.code for error in refused.value.errors] == [said]


@pytest.mark.parametrize(
    "text",
    ["ada\U000e0040example.org", "ada%F3%A0%81%80example.org", "=?utf-8?q?ada=40example.org?=", "jo at gmail.com"],
)
def test_rarer_guises(text):
    assert holds_address(text)


HONEST = r"""
Ada|Ada B. Byron|DJ @nightclub.london|@ada|R2-D2|100% Ada|Tom & Jerry|O'Neil|Ada | News|A (B) C.|AT&T|50 % off at H&M
Staring at polka dot dresses|Anna at home|Meet me @ home. Thanks|日本語。です|Événement à 5 · 7 h
C:\users\u0041|Dot at the Opera
Sourcing it directly at that point in the article
Look at this: news.example|Nguyễn Văn A|Björk Guðmundsdóttir|김철수|محمد علي|¯\_(ツ)_/¯
a = b ? c : d|{{campaign.name}}|5:30 @ Joe's
https://social.example/@ada@social.example|https://medium.com/@ada.byron/x
https://www.google.com/maps/@52.51,13.37,17z
https://www.google.com/maps/place/X,+Y/@52.5162,13.3777,17z|https://n.test/550e8400-e29b-41d4-a716-446655440000
https://n.test/a?id=deadbeefdeadbeefdeadbeefdeadbeef&sig=dGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcw|https://n.test/100%25-wool
https://n.test/2024/05/12/some-long-title-of-an-article-with-many-words-1234567890.html|https://n.test/art5(a)text.html
"""


@pytest.mark.parametrize("text", HONEST.strip().replace("\n", "|").replace("Ada | News", "Ada / News").split("|"))
def test_honest_texts_hold_none(text):
    assert not holds_address(text)


@pytest.mark.parametrize(
    "website",
    [
        "https://shop.test/u/ada@example.org",
        "https://shop.test/?u=ada%2540example.org",
        "https://shop.test/#YWRhQGV4YW1wbGUub3Jn",
        "https://shop.test/@ada@gmail.com",
    ],
)
def test_a_website_that_holds_one_is_refused(website):
    asks = SiteSettings()
    with pytest.raises(Invalid) as refused:
        read_submission(RawSubmission(fields(website=website)), asks, ORIGINS, None)
    assert [(error.field, error.code) for error in refused.value.errors] == [("website", "looks_like_email")]
    honest = fields(website="https://social.example/@ada@social.example")
    assert read_submission(RawSubmission(honest), asks, ORIGINS, None).website is not None


@pytest.mark.parametrize("key", ["ada@example.org", "https://news.test/?e=ada%40example.org", "a@b。example"])
def test_no_reader_names_a_thread_after_somebody(reader, key):
    assert codes(reader.post(thread=key)) == {"thread": "looks_like_email"}
    assert reader.count() == 0


def test_the_newsroom_names_its_threads_as_it_likes(reader, services):
    reader.posted()
    with services.write() as session:
        session.merge(reader.thread()).key = "story@2024.example"
    assert reader.post(thread="story@2024.example").status_code == 202


@pytest.mark.parametrize(
    "text",
    ["@" * 2000, "a@" * 1000, " " * 1999 + "@", "(" * 2000, "[at] " * 400, "a@" + "a." * 999, "a at b dot " * 180]
    + ["%25" * 666, "&amp;" * 400, "\\" * 2000, "ab-cd" * 400, "1f" * 1000, "A" * 2000, "." * 2000, "U+00" * 500],
    ids=lambda text: text[:6],
)  # fmt: skip
def test_no_text_makes_much_work(text, monkeypatch):
    """Each longer text costs in proportion: what is decoded is counted, not timed."""
    from service.intake.submission import hidden_addresses

    seen = 0
    real = hidden_addresses._unescaped

    def counted(part):
        nonlocal seen
        seen += len(part)
        return real(part)

    monkeypatch.setattr(hidden_addresses, "_unescaped", counted)
    hidden_addresses.holds_address(text)
    assert seen <= 100 * len(text)
