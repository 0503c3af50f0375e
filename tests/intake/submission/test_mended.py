"""What a reader cannot see or did not type is mended: one row a kind, and the laws that hold for all of them."""

import json
import unicodedata
from codecs import BOM_UTF8
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from models import CommentVersion, SiteSettings
from service.errors import Invalid
from service.intake.submission.address_syntax import InvalidAddress, read_address
from service.intake.submission.fields import Submission, read_submission
from service.intake.submission.raw import RawSubmission
from service.intake.submission.web_addresses import parse_http
from service.intake.submission.websites import InvalidWebsite, read_website
from service.markup.characters import mended, one_line, title
from service.settings import Rate
from tests.intake.reader import fields

ORIGINS = ["https://news.test"]


def read(**changes: object) -> Submission:
    return read_submission(RawSubmission(fields(page_url=f"{ORIGINS[0]}/story") | changes), SiteSettings(), ORIGINS)


TEXTS = [
    pytest.param("a\r\nb\rc", "a\nb\nc", id="windows-and-old-mac-line-ends"),
    pytest.param("a\x0bb\x0cc", "a\nb\nc", id="vertical-tab-and-form-feed"),
    pytest.param("a\u2028b\u2029c", "a\nb\nc", id="line-and-paragraph-separator"),
    pytest.param("It\x92s \x93fine\x94 \x80 5 \x85", "It’s “fine” € 5 …", id="c1-is-windows-1252"),
    pytest.param("a\x85b", "a\nb", id="next-line"),
    pytest.param("a\x81\x8d\x8f\x90\x9db", "ab", id="c1-without-a-meaning"),
    pytest.param("a\x00\x07\x1b\x7fb", "ab", id="controls"),
    pytest.param("a\x1cb\x1fc", "a b c", id="separators"),
    pytest.param("a\ud83d b \ude00", "a b ", id="halves-of-a-pair"),
    pytest.param("a\ufdd0\ufffe\uffff\U0001ffffb", "ab", id="noncharacters"),
    pytest.param("a\tb\nc", "a\tb\nc", id="tab-and-newline-stay"),
    *(
        pytest.param(text, text, id=name)
        for name, text in {
            "persian": "می\u200cخواهم",
            "hindi": "क्\u200dष",
            "family": "👩\u200d👩\u200d👧",
            "soft-hyphen": "soft\u00adhyphen",
            "isolates": "\u2067x\u2069",
            "decomposed": "Zoe\u0308",
        }.items()
    ),
]


@pytest.mark.parametrize(("text", "kept"), TEXTS)
def test_a_text_is_mended(text, kept):
    assert mended(text) == kept


def test_a_comment_is_mended_when_it_is_sent_and_when_it_is_changed(reader):
    answer = reader.posted(body="\ufeffIt\x92s\x0bfine\x00.\u2028\u2028Really.")
    changed = reader.client.patch(f"/api/v1/receipts/{answer['receipt']}", json={"body": "Not\x92\x0c\ud83d."})
    assert changed.status_code == 200
    with reader.services.read() as session:
        texts = session.scalars(select(CommentVersion.text).order_by(CommentVersion.n)).all()
    assert texts == ["It’s\nfine.\n\nReally.", "Not’\n."]


LINES = [
    pytest.param("A\x0bd\x0ca", "A d a", id="line-ends"),
    pytest.param("O\x92Hara", "O’Hara", id="c1"),
    pytest.param("Ada\x85", "Ada", id="next-line"),
    pytest.param("Zoe\u0308", "Zoë", id="decomposed"),
    pytest.param("\ufeffA\u200bd\u2060a\u00ad", "Ada", id="zero-width"),
    pytest.param("\u202eAda\u202c \u2067King\u2069", "Ada King", id="controls-of-direction"),
    pytest.param("\u00a0Ada\u3000King\u2009", "Ada King", id="spaces-of-other-widths"),
    pytest.param("Ada\u3164\u2800\uffa0King", "Ada King", id="blanks"),
    pytest.param("Ada\u200e\u200f", "Ada", id="marks-of-direction"),
    pytest.param("\u061cAda", "Ada", id="arabic-mark"),
    pytest.param("محمد\u200f (BBC)\u200f", "محمد\u200f (BBC)\u200f", id="marks-beside-arabic"),
    pytest.param("علی\u200cرضا", "علی\u200cرضا", id="persian-non-joiner"),
    pytest.param("کتابِ\u200cها", "کتابِ\u200cها", id="persian-non-joiner-behind-a-vowel"),
    pytest.param("രമേശന്\u200d", "രമേശന്\u200d", id="malayalam-chillu"),
    pytest.param("श्री\u200c क्\u200dष", "श्री क्\u200dष", id="hindi-joiner"),
    pytest.param("A\u200dd\u200ca", "Ada", id="joiners-in-latin"),
    pytest.param("👩🏽\u200d⚕️ Ada 🏳️\u200d🌈", "👩🏽\u200d⚕️ Ada 🏳️\u200d🌈", id="joined-emoji"),
    pytest.param("🏴\U000e0067\U000e0062\U000e007f A\U000e0061", "🏴\U000e0067\U000e0062\U000e007f A", id="tags"),
    pytest.param("؀١٢", "؀١٢", id="an-arabic-number-sign-is-seen"),
    pytest.param("A &amp; B <b>", "A &amp; B <b>", id="entities-and-tags-are-text"),
]


@pytest.mark.parametrize(("text", "kept"), LINES)
def test_a_line_is_mended(text, kept):
    assert one_line(text) == kept
    assert read(name=text).name == read(page_title=text).page_title == kept


def test_the_same_name_is_the_same_from_every_device():
    typed = ["Zoë", "Zoe\u0308", "Zo\u200bë", "\u202aZoë\u202c", "Zoë\u00a0"]
    assert {read(name=name).name for name in typed} == {"Zoë"}


NOTHING = ["\u200b\u2060", "\u202e\u2066", "\x00\x07", "\u3164\u2800", "\ufeff", "\u00ad", "\ufe0f", "\ud83d", "\u200f"]


@pytest.mark.parametrize("name", NOTHING)
def test_a_name_of_which_nothing_is_left_is_missing(name):
    with pytest.raises(Invalid) as refused:
        read(name=name)
    assert [(error.field, error.code) for error in refused.value.errors] == [("name", "required")]


def test_no_invisible_letter_hides_an_address_in_a_name():
    with pytest.raises(Invalid) as refused:
        read(name="ada\u200b@\u200bexample.org")
    assert refused.value.errors[0].code == "looks_like_email"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param("x" * 199 + "😀", "x" * 199 + "😀", id="200-code-points"),
        pytest.param("x" * 199 + "\ud83d", "x" * 199, id="cut-by-utf-16"),
        pytest.param("x" * 300, "x" * 199 + "…", id="300"),
        pytest.param("😀" * 300, "😀" * 199 + "…", id="300-emoji"),
        pytest.param("x" * 198 + " and more", "x" * 198 + "…", id="cut-at-a-space"),
        pytest.param("क्" * 99 + "क\u200dष", "क्" * 99 + "कष", id="a-joiner-that-joins-nothing"),
        pytest.param("A\n\t story\x85", "A story", id="line-ends"),
        pytest.param("A \x93story\x94\x85", "A “story”…", id="windows-1252"),
        pytest.param("\u202eyrots A", "yrots A", id="turned"),
        pytest.param("", "", id="empty"),
    ],
)
def test_a_title_is_cut_and_cleaned(text, kept):
    assert title(text, 200) == kept
    assert read(page_title=text).page_title == kept


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\u200bada@example.org\u200b", id="zero-width-around"),
        pytest.param("a\u200dda@\u2060exam\u00adple.\u200borg", id="zero-width-inside"),
        pytest.param("\ufeffada@example.org", id="byte-order-mark"),
        pytest.param("\u202aada@example.org\u202c", id="embedding"),
        pytest.param("\u2068ada\u200e@example.org\u2069", id="isolate-and-mark"),
        pytest.param("\u00a0ada@example.org\u00a0", id="no-break-spaces"),
        pytest.param("ada\u00a0@ example.org", id="spaces-around-the-at"),
        pytest.param("ada\x00@example.org\x07", id="controls"),
        pytest.param("ada@exam\x0bple.org\x0c", id="vertical-tab-inside"),
        pytest.param("ada@example.org\x85", id="next-line"),
        pytest.param("ada@\x92example.org\u2028", id="c1-and-line-separator"),
        pytest.param("ada\ufe0f@example.org", id="variation-selector"),
        pytest.param("ada\ud83d@example.org", id="half-a-pair"),
        pytest.param("ada＠example.org", id="wide-at"),
        pytest.param("ada﹫example.org", id="small-at"),
        pytest.param("ａｄａ＠ｅｘａｍｐｌｅ．ｏｒｇ", id="wide-letters"),
        pytest.param("ada@example。org", id="ideographic-dot"),
        pytest.param("mailto:ada@example.org", id="mailto"),
        pytest.param("MAILTO:ada%40example.org?subject=Hello", id="mailto-with-a-subject"),
        pytest.param("mailto:%E3%85%A4ada@example.org%0A", id="mailto-with-a-filler"),
        pytest.param("mailto:ada%E2%80%8B%EF%BC%A0example.org", id="mailto-zero-width"),
        pytest.param("<ada@example.org>", id="angles"),
        pytest.param("“ada@example.org”", id="quotes"),
        pytest.param("ada@example.org.", id="full-stop"),
        pytest.param("ada@example.org, ", id="comma-and-space"),
        pytest.param("\tada@example.org\r\n", id="pasted-from-a-table"),
        pytest.param("Ada <ada@example.org>", id="named"),
        pytest.param('"King, Ada" <ada@example.org>;', id="quoted-name"),
        pytest.param("ada@example.org <ada@example.org>", id="named-by-itself"),
        pytest.param("Ada <mailto:ada%40example.org>", id="named-mailto"),
        pytest.param("阿達＜ada＠example.org＞", id="wide-angles"),
        pytest.param("Ada\n King <\u200bada@example.org >", id="named-over-two-lines"),
    ],
)
def test_an_address_is_mended(text):
    address = read_address(text)
    assert (address.normal, address.domain) == ("ada@example.org", "example.org")
    assert read(email=text).email == address


@pytest.mark.parametrize(
    "text",
    [
        "ada@example.org\nBcc: b@example.org",
        "ada king@example.org",
        "ada@example.org b@example.org",
        "ada@example.org;b@example.org",
        "ada@exa mple.org",
        "ada@example.org <b@example.org>",
        "b@example.org, Ada <ada@example.org>",
        "Ada <ada@example.org> <b@example.org>",
        "<ada@example.org> Ada",
        "Ada <ada king@example.org>",
        "Ada <ada@example.org, b@example.org>",
        "Ada <>",
        "ada@example",
        "mailto:",
        "<>",
    ],
)
def test_what_can_be_seen_is_not_guessed_at(text):
    with pytest.raises(InvalidAddress):
        read_address(text)


def test_an_address_of_two_scripts_directions():
    assert read_address("محمد\u200f@example.org").normal == "محمد@example.org"


def test_limits_and_bans_see_the_mended_address(limited):
    reader = limited(Rate(1, 60))
    assert reader.post(email="\u200bada＠example.org").status_code == 202
    assert reader.post(email="ada@example.org").status_code == 429


NO_WEBSITE = [
    "",
    " ",
    "-",
    "—",
    "none",
    "None.",
    "n/a",
    "N/A",
    "keine",
    "нет",
    "无",
    "http://",
    "https://www.",
    "…",
    "/",
]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param("www.example.org", "https://www.example.org", id="www"),
        pytest.param("example.org/blog?a=b#c", "https://example.org/blog?a=b#c", id="bare"),
        pytest.param("example.org:8080/x", "https://example.org:8080/x", id="bare-with-port"),
        pytest.param("//example.org", "https://example.org", id="two-slashes"),
        pytest.param("HTTP://Example.org/A", "http://Example.org/A", id="upper-case"),
        pytest.param("https:/example.org", "https://example.org", id="one-slash"),
        pytest.param("https//example.org", "https://example.org", id="no-colon"),
        pytest.param("https:example.org", "https://example.org", id="no-slash"),
        pytest.param("http;//example.org", "http://example.org", id="semicolon"),
        pytest.param("http:// example.org", "http://example.org", id="a-space"),
        pytest.param("htp://example.org", "http://example.org", id="a-letter-short"),
        pytest.param("http:\\\\example.org\\a", "http://example.org/a", id="backslashes"),
        pytest.param("http://https://example.org", "https://example.org", id="twice"),
        pytest.param("www. example. org", "https://www.example.org", id="spaces-behind-dots"),
        pytest.param("example.org, ", "https://example.org", id="comma"),
        pytest.param("<https://example.org/a>", "https://example.org/a", id="angles"),
        pytest.param("\u200bexample\u00ad.org\ufeff", "https://example.org", id="zero-width"),
        pytest.param("https://example.org/\u202ea", "https://example.org/a", id="override"),
        pytest.param("ｗｗｗ．ｅｘａｍｐｌｅ．ｏｒｇ／ａ", "https://www.example.org/a", id="wide"),
        pytest.param("https://example。jp/a。b", "https://example.jp/a。b", id="ideographic-dot"),
        pytest.param("münchen.example/straße", "https://münchen.example/straße", id="other-letters"),
        pytest.param("https://example.org/<b> {a}|`", "https://example.org/%3Cb%3E%20%7Ba%7D%7C%60", id="escaped"),
        pytest.param("http://localhost/", "http://localhost/", id="as-it-was"),
        pytest.param("http://192.0.2.1:8080/a", "http://192.0.2.1:8080/a", id="ipv4"),
        pytest.param("http://[2001:db8::1]:80/", "http://[2001:db8::1]:80/", id="ipv6"),
        pytest.param("https://-my_blog-.example", "https://-my_blog-.example", id="hyphens"),
        pytest.param("https://xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example", id="punycode"),
        pytest.param("https://☃.example", "https://☃.example", id="a-symbol"),
        *(pytest.param(text, None, id=f"none-{text}") for text in NO_WEBSITE),
    ],
)
def test_a_website_is_mended(text, kept):
    assert read(website=text).website == kept


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("javascript:alert(1)", "not with javascript:"),
        ("JavaScript://example.org/%0aalert(1)", "not with javascript:"),
        ("java\u200bscript:alert(1)", "not with javascript:"),
        ("data:text/html,x", "not with data:"),
        ("ftp://example.org", "not with ftp:"),
        ("mailto:ada@example.org", "not with mailto:"),
        ("ada@example.org", "@"),
        ("https://javascript:alert(1)", "no web address"),
        ("later", "no web address"),
        ("my site is example.org", "no web address"),
        ("example.org and example.com", "no web address"),
        ("1.5", "no web address"),
        ("https://%00.example", "no web address"),
        ("https://news%2Eexample%2F.evil.example", "no web address"),
        ("https://a%40b.example", "no web address"),
        ("http://\ud800.example", "no web address"),
        ("https://a..b", "no web address"),
        ("https://a.%2e.b", "no web address"),
        ("https://-.example", "no web address"),
        ("https://a.__.example", "no web address"),
        ("http://[fe80::1%25eth0]/", "no web address"),
        ("http://[v1.a]/", "no web address"),
        ("http://1.2.3.400/", "no web address"),
        ("https://" + "a" * 64 + ".example", "no web address"),
        ("https://" + "a." * 150 + "example", "no web address"),
        ("https://" + "ü." * 150 + "example", "no web address"),
    ],
)
def test_a_website_that_leads_nowhere_is_refused_in_words(text, words):
    with pytest.raises(InvalidWebsite, match=words):
        read_website(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40) | st.from_regex(r"\A(https?:)?[/\\]{0,3}[a-z@.:{}<\s\u202e％]{0,20}\Z"))
def test_what_is_kept_as_a_website_is_a_web_address(text):
    try:
        url = read_website(text)
    except InvalidWebsite:
        return
    assert url is None or (parse_http(url) is not None and read_website(url) == url)


@pytest.mark.parametrize("body", ["json", "form", "multipart"])
def test_a_byte_order_mark_before_the_body(reader, body):
    sent = fields()
    kind = "application/x-www-form-urlencoded"
    data = urlencode(sent)
    if body == "json":
        data, kind = json.dumps(sent), "application/json"
    elif body == "multipart":
        head = "--x\r\nContent-Disposition: form-data; name="
        data = "".join(f'{head}"{name}"\r\n\r\n{value}\r\n' for name, value in sent.items()) + "--x--\r\n"
        kind = "multipart/form-data; boundary=x"
    response = reader.client.post(reader.path, data=BOM_UTF8 + data.encode(), content_type=kind)
    assert response.status_code == (202 if body == "json" else 303), response.get_data(as_text=True)


ODD = st.characters(codec=None) | st.sampled_from("\u200c\u200d\u0627\u094d\u0301👩🏽\x85\r\n\ufeff\u200f")


@given(st.text(ODD, max_size=30))
@settings(max_examples=200, deadline=None)
def test_what_is_mended_stays_so(text):
    assert mended(mended(text)) == mended(text)
    line = one_line(text)
    assert one_line(line) == line
    assert not any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in line)
    line.encode()
