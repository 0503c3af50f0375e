"""Links are found as a browser will read them, however they are typed."""

import re
from html import unescape

import pytest

from moderation_rules import Comment, Facts, compile_policy, default_policy
from moderation_rules.matching.links import given_links, links
from moderation_rules.rule import Reading
from moderation_rules.text.hosts import as_shown
from service.markup import render

JUDGE = compile_policy(default_policy())


@pytest.mark.parametrize(
    ("text", "hosts", "marked"),
    [
        (r"https://evil.example\@good.example/", ["evil.example", "good.example"], None),
        (r"https://good.example\@evil.example/", ["good.example", "evil.example"], None),
        (r"https://evil.example\x", ["evil.example"], None),
        pytest.param("[x](https&#58;//evil.example/a)", ["evil.example"], "https&#58;//evil.example/a", id="reference"),
        pytest.param("[x](https:\\/\\/evil.ninja)", ["evil.ninja"], "https:\\/\\/evil.ninja", id="backslashes"),
        pytest.param("[x](https://evil&period;ninja)", ["evil.ninja"], "https://evil&period;ninja", id="in-the-host"),
        pytest.param(
            "[x](&#104;ttp://evil.ninja) a.com", ["evil.ninja", "a.com"], "&#104;ttp://evil.ninja", id="order"
        ),
        pytest.param("https://ev%69l.ninja/", ["evil.ninja"], "https://ev%69l.ninja/", id="percent"),
        pytest.param("https://evil。ninja", ["evil.ninja"], "https://evil。ninja", id="another-dot"),
        pytest.param("https://ev\u00adil.ninja", ["evil.ninja"], "https://ev\u00adil.ninja", id="invisible"),
        pytest.param("https://ｅｖｉｌ.ninja", ["evil.ninja"], "https://ｅｖｉｌ.ninja", id="full-width"),
        pytest.param("see cheap-pills。com now", ["cheap-pills.com"], "cheap-pills。com", id="bare-with-another-dot"),
        pytest.param("see cheap-pills．com", ["cheap-pills.com"], "cheap-pills．com", id="bare-with-a-wide-dot"),
        pytest.param("https://ev%00il.ninja/", ["ev%00il.ninja"], "https://ev%00il.ninja/", id="percent-and-no-host"),
        pytest.param("https://ev%20il.ninja/", ["ev%20il.ninja"], None, id="percent-and-a-space"),
        pytest.param("[x](a&b) Tom & Jerry \\o/", [], None, id="none"),
        pytest.param("www.evil.example、それ", ["evil.example"], "www.evil.example", id="www-and-a-sentence"),
        pytest.param("https://evil.example、それ", ["evil.example"], "https://evil.example", id="a-sentence"),
        pytest.param("https://evil.exampleそれ", ["evil.example"], "https://evil.example", id="a-word-behind-it"),
        pytest.param("https://evil.example。それ", ["evil.example"], "https://evil.example", id="another-sentence"),
        pytest.param("https://evil.example\uff08それ\uff09", ["evil.example"], "https://evil.example", id="brackets"),
        pytest.param("https://evil.example\uff0cx", ["evil.example"], "https://evil.example", id="a-wide-comma"),
        pytest.param("https://evil.example`x", ["evil.example"], "https://evil.example", id="a-backtick"),
        pytest.param("https://a.evil。ninja/x", ["a.evil.ninja"], "https://a.evil。ninja/x", id="a-dot-in-a-name"),
        pytest.param("www.münchen.example/x", ["münchen.example"], "www.münchen.example/x", id="www-and-letters"),
        pytest.param("www.\u200bevil.example", ["evil.example"], "www.\u200bevil.example", id="www-and-invisible"),
        pytest.param("https://例え.テスト、x", ["例え.テスト"], "https://例え.テスト", id="letters-and-a-sentence"),
    ],
)
def test_links_are_read_as_a_browser_reads_them(text: str, hosts: list[str], marked: str | None) -> None:
    found = links(Reading(Comment(text), Facts()))
    assert [link.host for link in found] == hosts
    assert not marked or text[found[0].start : found[0].end] == marked


def test_of_thousands_of_links_the_first_are_looked_at() -> None:
    assert len(links(Reading(Comment("a.co " * 1_600), Facts()))) == 1000


def test_a_link_that_only_markdown_reads_is_counted_and_compared_with_what_it_shows() -> None:
    judged = JUDGE.judge(Comment("[bank.example](https&#58;//evil&#46;example/x)"), Facts())
    assert {"link_count", "hidden_link"} <= {finding.rule for finding in judged.findings}


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        pytest.param("It is right.In my view it is.", [], id="the-next-sentence"),
        pytest.param("see cheap.sbs and win.bingo", ["cheap.sbs", "win.bingo"], id="endings-of-spam"),
        pytest.param("see right.in/x", ["right.in"], id="with-a-path"),
    ],
)
def test_what_is_a_bare_link(text: str, hosts: list[str]) -> None:
    assert [link.host for link in links(Reading(Comment(text), Facts()))] == hosts


@pytest.mark.parametrize("host", ["xn--pypal-4ve68609a.com", "xn--abc-wa.ru", "xn--80ak6aa92e.com"])
def test_a_host_is_shown_decoded_only_where_it_is_one(host: str) -> None:
    shown = as_shown(host)
    assert shown.isprintable()
    assert (shown == host) is (host != "xn--80ak6aa92e.com")


@pytest.mark.parametrize(
    ("text", "given"),
    [
        pytest.param("Amazon.com and Booking.com are taxed elsewhere.", [], id="named-in-front"),
        pytest.param("It is on gov.uk, nhs.uk and bbc.co.uk.", [], id="named-in-a-row"),
        pytest.param("ASP.net, socket.io and Vue.js in one stack", [], id="software"),
        pytest.param("t.me and bit.ly were blocked", [], id="named-shorteners"),
        pytest.param("I said it to him.me too", [], id="no-space-behind-a-stop"),
        pytest.param("shop.example", ["shop.example"], id="nothing-else"),
        pytest.param("shop.example/sale is on", ["shop.example"], id="a-path"),
        pytest.param("www.shop.example is on", ["shop.example"], id="www"),
        pytest.param("Now http://shop.example", ["shop.example"], id="a-scheme"),
        pytest.param("Please visit our site shop.example", ["shop.example"], id="sent-there"),
        pytest.param("Daftar di slot88.example", ["slot88.example"], id="sent-there-in-Indonesian"),
        pytest.param("👉 shop.example", ["shop.example"], id="pointed-at"),
    ],
)
def test_a_host_that_a_sentence_names_is_no_link(text: str, given: list[str]) -> None:
    assert [link.host for link in given_links(Reading(Comment(text), Facts()))] == given


WIKI = "https://en.wikipedia.example/wiki/Foo_(bar)"


@pytest.mark.parametrize(
    "link", [WIKI, "https://a.example/_x_/*y", "www.a.example/a'b;c", "http://a.example/ü?[1]=2#é"]
)
@pytest.mark.parametrize(
    "around",
    [
        "{}", "({})", "(see {}).", "[{}]", "<{}>", '"{}"', "“{}”", "„{}“", "«{}»", "»{}«", "‹{}›", "‘{}’", "'{}'",
        "({}.)", "「{}」", "『{}』。", "【{}】", "（{}）", "见{}。", "{}，然后", "{}、そして", "{}؟", "{}،", "({})؛",
        "{}।", "{}…", "{}!?", "{};", "*{}*", "_{}_", "{}), then", "{}\u200b", "{}\u202c", "{}᠁", "{}።",
        "[here]({})", "[here](<{}> 't')", "{}\nnext",
    ],
)  # fmt: skip
def test_a_link_too_many_is_marked_as_it_is_shown(link: str, around: str) -> None:
    text = around.format(link)
    judged = JUDGE.judge(Comment(text), Facts())
    marks = [text[found.start : found.end] for found in judged.findings if found.rule == "link_count"]
    shown = [unescape(part) for part in re.findall(r"<a [^>]*>([^<]*)</a>", render(text)[0]) if part != "here"]
    assert marks == (shown or [link]) != [""]
