"""The address of the page, which no reader types: repaired as browsers do, kept on the site's own origins."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models import SiteSettings
from service.errors import Invalid
from service.intake.submission import web_addresses
from service.intake.submission.fields import read_submission
from service.intake.submission.page_addresses import own_page
from service.intake.submission.raw import RawSubmission
from service.intake.submission.web_addresses import MAX_LENGTH, is_origin_of, origin_of, parse_http
from tests.intake.reader import codes, fields

ORIGINS = [
    "https://news.test",
    "https://www.shop.test",
    "http://localhost:8000",
    "https://münchen.test",
    "http://[::1]:80",
]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param("https://news.test/a?c={{campaign.name}}", "/a?c=%7B%7Bcampaign.name%7D%7D", id="braces"),
        pytest.param("https://news.test/a?utm_campaign={{campaign.name}}", "/a", id="braces-in-tracking"),
        pytest.param("https://news.test/{a}|^`b", "/%7Ba%7D%7C%5E%60b", id="in-the-path"),
        pytest.param("https://news.test/a b?c d", "/a%20b?c%20d", id="spaces"),
        pytest.param("https://news.test/\"<a>\"?'b'", "/%22%3Ca%3E%22?%27b%27", id="quotes"),
        pytest.param("https://news.test/straße?q=日本", "/stra%C3%9Fe?q=%E6%97%A5%E6%9C%AC", id="other-letters"),
        pytest.param("https://news.test/100%?a=5%&b=%zz", "/100%?a=5%&b=%zz", id="lone-percent"),
        pytest.param("https://news.test/a%20b", "/a%20b", id="encoded-once"),
        pytest.param("https:\\\\news.test\\a\\b?c\\d", "/a/b?c%5Cd", id="backslashes"),
        pytest.param("https://news.test/a?b[]=1&c[d]=2", "/a?b[]=1&c[d]=2", id="brackets"),
        pytest.param("ht\ntps://ne\tws.test/a\r\n", "/a", id="tabs-and-newlines"),
        pytest.param(" \ufeffhttps://news.test/a\u00a0", "/a", id="spaces-around"),
        pytest.param("https://news.test/\x00\u202ea\ud800", "/%00%E2%80%AEa", id="unseen"),
        pytest.param("https:/news.test/a", "/a", id="one-slash"),
        pytest.param("https:news.test/a", "/a", id="no-slash"),
        pytest.param("https:////news.test/a", "/a", id="four-slashes"),
        pytest.param("https://ada:secret@news.test/a", "/a", id="user"),
        pytest.param("https://news.test", "/", id="no-path"),
        pytest.param("https://news.test?a=b", "/?a=b", id="no-path-but-a-query"),
        pytest.param("https://news.test/a#b?c", "/a", id="fragment"),
        pytest.param("news.test/a", "/a", id="no-scheme"),
        pytest.param("HTTPS://NEWS.TEST/A", "/A", id="upper-case"),
        pytest.param("http://news.test/a", "/a", id="http"),
        pytest.param("https://www.news.test/a", "/a", id="www"),
        pytest.param("https://news.test:443/a", "/a", id="port-443"),
        pytest.param("http://news.test:80/a", "/a", id="port-80"),
        pytest.param("http://news.test:443/a", "/a", id="other-default-port"),
        pytest.param("https://news.test:/a", "/a", id="empty-port"),
        pytest.param("https://news.test./a", "/a", id="trailing-dot"),
        pytest.param("https://ｎｅｗｓ．test/a", "/a", id="wide"),
        pytest.param("https://news。test/a", "/a", id="ideographic-dot"),
        pytest.param("https://%6eews.test/a", "/a", id="encoded-host"),
        pytest.param("https://news.test/?e=ada%EF%BC%A0example.org&b=1", "/?b=1", id="wide-address"),
        pytest.param("https://news.test/" + "x" * 3000, "/", id="path-too-long"),
        pytest.param("https://news.test/a?b=1&c=" + "x" * 3000, "/a?b=1", id="query-too-long"),
        pytest.param("https://news.test/a?b=" + "x" * 3000, "/a", id="one-field-too-long"),
        pytest.param("https://news.test/a?utm_id=" + "x" * 3000 + "&b=1", "/a?b=1", id="tracking-too-long"),
        pytest.param("https://news.test/a#" + "x" * 3000, "/a", id="fragment-too-long"),
    ],
)
def test_a_page_is_repaired(text, kept):
    assert own_page(text, ORIGINS) == f"https://news.test{kept}"
    assert own_page(f"https://news.test{kept}", ORIGINS) == f"https://news.test{kept}"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("https://shop.test/a", "https://www.shop.test/a"),
        ("https://localhost:8000/a", "http://localhost:8000/a"),
        ("https://xn--mnchen-3ya.test/a", "https://xn--mnchen-3ya.test/a"),
        ("http://MÜNCHEN.test/a", "https://xn--mnchen-3ya.test/a"),
        ("http://[::1]/a", "http://[::1]/a"),
    ],
)
def test_a_page_is_kept_on_the_origin_that_it_means(text, kept):
    assert own_page(text, ORIGINS) == kept


@pytest.mark.parametrize(
    "text",
    [
        "https://elsewhere.test/a",
        "https://news.test.evil.test/",
        "https://news.test@evil.test/",
        "https://evil.test\\@news.test/",
        "https://evil.test/https://news.test/",
        "https://evil.test?@news.test/",
        "https://evil.test#@news.test/",
        "https://m.news.test/a",
        "https://wwwnews.test/a",
        "https://www.www.news.test/a",
        "https://news.test:8443/a",
        "https://localhost/a",
        "https://news.test:99999/a",
        "https://[::1",
        "https://news.test%2F.evil.test/x",
        "https://news.test%23.evil.test/x",
        "https://news.test%3F.evil.test/x",
        "https://news.test%5C.evil.test/x",
        "https://evil.test%40news.test/x",
        "https://news.test%3A443/x",
        "https://news.test%0A/x",
        "https://%5Bnews.test%5D/x",
        "https://news.test／.evil.test/x",
        "https://" + "ü." * 20_000,
        "https://" + "%C3%BC." * 9_000,
        "ftp://news.test/a",
        "javascript://news.test/%0aalert(1)",
        "about:srcdoc",
        "blob:https://news.test/1-2",
        "data:text/html,x",
        "file:///a",
        "http://",
        "/a",
        "",
    ],
)
def test_a_page_that_is_none_of_the_sites(text):
    assert own_page(text, ORIGINS) is None


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("/b?c=d", "https://news.test/b?c=d"),
        ("b", "https://news.test/a/b"),
        ("?c=d", "https://news.test/a/story?c=d"),
        ("//www.news.test/b", "https://news.test/b"),
        ("//elsewhere.test/b", None),
        ("//[::1", None),
        ("javascript:alert(1)", None),
    ],
)
def test_a_relative_address_starts_at_the_page(text, kept):
    assert own_page(text, ORIGINS, "https://news.test/a/story") == kept


@pytest.mark.parametrize("host", ["ü." * 20_000, "%C3%BC." * 9_000, "ü." * 900 + "test"])
def test_no_long_host_is_encoded(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    lengths = [0]
    monkeypatch.setattr(web_addresses, "_by_uts46", lambda host: lengths.append(len(host)) or host)
    assert own_page(f"https://{host}/", ORIGINS, f"https://{host}/") is None
    assert origin_of(f"https://{host}/") is None
    with pytest.raises(Invalid):
        read_submission(RawSubmission(fields(website=f"https://{host}/")), SiteSettings(), ORIGINS)
    assert max(lengths) <= 255


NEWS = "http://news.test"


@pytest.mark.parametrize(
    ("sent", "headers", "kept"),
    [
        pytest.param("https://agency.test/taken-over", {"Origin": NEWS}, f"{NEWS}/", id="foreign-canonical"),
        pytest.param(
            "https://agency.test/a", {"Origin": NEWS, "Referer": f"{NEWS}/a?b=c"}, f"{NEWS}/a?b=c", id="whole-referer"
        ),
        pytest.param(
            "https://agency.test/a",
            {"Origin": NEWS, "Referer": "https://agency.test/a"},
            f"{NEWS}/",
            id="other-referer",
        ),
        pytest.param("about:srcdoc", {"Origin": NEWS}, f"{NEWS}/", id="no-web-address"),
        pytest.param(" ", {"Origin": NEWS}, f"{NEWS}/", id="blank"),
        pytest.param("/story", {"Origin": NEWS}, f"{NEWS}/story", id="relative"),
        pytest.param("https://www.news.test/story", {}, f"{NEWS}/story", id="variant"),
    ],
)
def test_the_address_bar_stands_in_for_a_page_elsewhere(reader, sent, headers, kept):
    assert reader.post(page_url=sent, headers=headers).status_code == 202
    assert reader.thread().url == kept


def test_a_program_that_names_a_foreign_page_is_told_so(reader):
    for headers in ({}, {"Referer": f"{NEWS}/a"}, {"Origin": "http://127.0.0.1:8000"}):
        assert codes(reader.post(page_url="https://agency.test/a", headers=headers)) == {"page_url": "foreign_page"}
    assert codes(reader.post(page_url="", headers={"Origin": NEWS})) == {"page_url": "required"}


URLS = st.text(max_size=60) | st.builds(
    "{}{}".format,
    st.sampled_from([*ORIGINS, "https://agency.test", "about:", "https:", "//", "http://["]),
    st.text(st.characters(codec=None) | st.sampled_from("/?#%@\\[]{}|^`&=:. \t\n"), max_size=60),
)


@settings(max_examples=300, deadline=None)
@given(URLS.filter(bool), st.text(st.characters(codec=None), max_size=300))
@example("https://news.test/" + "{" * 1000, "x" * 199 + "😀")
@example("https://news.test:0/", "\x92" * 300)
@example("https://" + "a" * 70 + ".test/", "")
def test_nothing_that_a_page_may_say_of_itself_stops_its_reader(url, words):
    """Whatever the widget sends as address and title from a page of the site."""
    raw = RawSubmission(fields(page_url=url, page_title=words))
    kept = read_submission(raw, SiteSettings(), ORIGINS, "https://news.test")
    assert len(kept.page_title) <= 200
    kept.page_title.encode()
    assert len(kept.page_url) <= MAX_LENGTH
    assert parse_http(kept.page_url) is not None
    assert kept.page_url.isascii()
    assert is_origin_of(kept.page_url, ORIGINS)
    assert own_page(kept.page_url, ORIGINS) == kept.page_url


def test_a_program_hears_of_every_field(reader):
    with pytest.raises(Invalid):
        read_submission(RawSubmission(fields(page_url=7)), SiteSettings(), ORIGINS, "https://news.test")
    assert codes(reader.post(page_title=["x"], headers={"Origin": NEWS})) == {"page_title": "not_text"}
