import re
import sys
import unicodedata
from html.parser import HTMLParser
from unittest.mock import patch
from urllib.parse import unquote

import nh3
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.markup import LINK_REL, MAX_MARKS, RENDERER, TAGS, _is_plain, _of_plain, render, up_to_date
from service.markup.addresses import href

REL = f'rel="{LINK_REL}"'


def html(text: str) -> str:
    return render(text)[0]


def link(address: str, words: str | None = None) -> str:
    return f'<a href="{address}" {REL}>{words or address}</a>'


class Page(HTMLParser):
    """What can be read of rendered HTML: its text, the numbers a browser draws, targets behind the words of links."""

    def __init__(self, out: str) -> None:
        super().__init__(convert_charrefs=True)
        self.read = ""
        self._lists: list[int | None] = []
        self._link: tuple[str, int] = ("", 0)
        self.feed(out)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"ol", "ul"}:
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li" and self._lists[-1] is not None:
            self._lists[-1] += 1
            self.read += f"{self._lists[-1]}. "
        elif tag == "a":
            self._link = dict(attrs)["href"] or "", len(self.read)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"ol", "ul"}:
            self._lists.pop()
        elif tag == "a":
            target, begin = self._link
            if target != href(self.read[begin:]):
                self.read += f" {unquote(target)} "

    def handle_data(self, data: str) -> None:
        self.read += data


def letters(text: str) -> str:
    return "".join(one for one in text if one.isalnum())


CASES = [
    pytest.param("plain", "<p>plain</p>", id="plain"),
    pytest.param("one\ntwo", "<p>one<br>\ntwo</p>", id="line break"),
    pytest.param("one\n\ntwo", "<p>one</p>\n<p>two</p>", id="paragraphs"),
    pytest.param("*a* **b** `c`", "<p><em>a</em> <strong>b</strong> <code>c</code></p>", id="emphasis and code"),
    pytest.param("> a", "<blockquote>\n<p>a</p>\n</blockquote>", id="quote"),
    pytest.param("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>", id="list"),
    pytest.param("1. a\n2. b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>", id="numbered list"),
    pytest.param("1984. It was cold", "<p>1984. It was cold</p>", id="a year is no list"),
    pytest.param("```\n<b>\n```", "<pre><code>&lt;b&gt;\n</code></pre>", id="code block"),
    pytest.param("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>", id="raw HTML is text"),
    pytest.param("<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>", id="script is text"),
    pytest.param("a &amp; b &copy;", "<p>a &amp;amp; b &amp;copy;</p>", id="entities as typed"),
    pytest.param("# x", "<p># x</p>", id="no heading"),
    pytest.param("a\n---", "<p>a<br>\n---</p>", id="no rule, no heading"),
    pytest.param("    x", "<p>x</p>", id="no indented code"),
    pytest.param("[a](https://b.test)", f'<p><a href="https://b.test" {REL}>a</a></p>', id="link"),
    pytest.param('[a](https://b.test "t")', f'<p>{link("https://b.test", "a")} "t"</p>', id="a title is seen"),
    pytest.param("[a](javascript:x)", "<p>[a](javascript:x)</p>", id="no script link"),
    pytest.param("[a](/b)", "<p>[a](/b)</p>", id="no relative link"),
    pytest.param("[a](//b.test)", "<p>[a](//b.test)</p>", id="no link without scheme"),
    pytest.param("<me@b.test>", "<p>&lt;me@b.test&gt;</p>", id="no mail link"),
    pytest.param("![a](https://b.test/i)", f"<p>{link('https://b.test/i', 'a')}</p>", id="an image is a link"),
    pytest.param("Look![a](https://b.test/i)", f"<p>Look!{link('https://b.test/i', 'a')}</p>", id="exclamation, link"),
    pytest.param("(https://b.test/x_(y)).", f'<p>(<a href="https://b.test/x_(y)" {REL}>https://b.test/x_(y)</a>).</p>',
                 id="bare address in brackets"),
    pytest.param("`https://b.test`", "<p><code>https://b.test</code></p>", id="no link in code"),
    pytest.param("http://", "<p>http://</p>", id="address without host"),
    pytest.param("[r]: https://b.test\n\n[r]",
                 f'<p>[r]: <a href="https://b.test" {REL}>https://b.test</a></p>\n<p>[r]</p>', id="no references"),
    pytest.param("", "", id="nothing"),
    pytest.param("\ud800", "<p>?</p>", id="lone surrogate"),
]  # fmt: skip


# The smallest texts in which marks are no Markdown.
AS_TYPED = [
    "* * *", "- - -", "*", "-", "---", "***", "~~~", "```", "`", ">", "> > >", "1.", "1. 2. 3.",
    "Lehrer*innen und Schüler*innen", "sh*t and f*ck", "f**k and sh**t", "f*** you, s***", "他*的，你*的", "2*3*4",
    "2 * 3 * 4", "2**3**4", "(****) and (****)", "(*) und (*)", '"***" and "***"', "Preis* (*zzgl. Versand)",
    r"¯\_(ツ)_/¯", r"C:\*.* \\server\_x", "snake_case_name", "don`t and won`t", "* grins *", "- 5 °C", "+ 1 from me",
    "> 50 %", ">:(", ">_<", "1984. It was cold", "[](https://x)y", "[1] and [2]", "a &amp; b", "x [a] (b)",
]  # fmt: skip


@pytest.mark.parametrize("text", [*AS_TYPED, "😀", "❤️", "👩‍👩‍👧", "\u2800😀"])
def test_what_is_no_markdown_stays_as_typed(text: str) -> None:
    read = Page(html(text)).read
    assert read == text


@pytest.mark.parametrize(
    ("text", "read"),
    [
        pytest.param(r"\*a\* \**b\**", "*a* *b*", id="emphasis"),
        pytest.param(r"1\. a", "1. a", id="number"),
        pytest.param(r"\> a", "> a", id="quote"),
        pytest.param(r"\[a](/b)", r"\[a](/b)", id="a mark that does nothing"),
    ],
)
def test_a_backslash_hides_where_it_was_needed(text: str, read: str) -> None:
    assert Page(html(text)).read == read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("https://n.test/_i_/x", link("https://n.test/_i_/x"), id="before emphasis"),
        pytest.param("*https://n.test/a*b*", f"<em>{link('https://n.test/a*b')}</em>", id="within emphasis"),
        pytest.param("https://n.test/Rubik's_Cube.", link("https://n.test/Rubik's_Cube") + ".", id="whole"),
        pytest.param("https://bank@evil.test/", "https://bank@evil.test/", id="a user in front of a host"),
        pytest.param("[bank](https://bank.test@evil.test/)", "[bank](https://bank.test@evil.test/)", id="its target"),
        pytest.param("<https://u:p@evil.test/a>", "&lt;https://u:p@evil.test/a&gt;", id="user and password"),
        pytest.param("https://n.test/@name", link("https://n.test/@name"), id="a name in a path"),
        pytest.param("'https://n.test/'", f"'{link('https://n.test/')}'", id="in quotation marks"),
        pytest.param("见http://n.test/a，然后", f"见{link('http://n.test/a')}，然后", id="between Chinese"),
        pytest.param("(見http://n.test/a。)", f"(見{link('http://n.test/a')}。)", id="ideographic full stop"),
        pytest.param("http://n.test然后", f"{link('http://n.test')}然后", id="Chinese behind the host"),
        pytest.param("http://n.test/北京", link("http://n.test/%E5%8C%97%E4%BA%AC", "http://n.test/北京"), id="path"),
        pytest.param("انظر http://n.test/a،", f"انظر {link('http://n.test/a')}،", id="Arabic comma"),
        pytest.param("http://MÜLLER.example",
                     link("http://xn--mller-kva.example", "http://MÜLLER.example"), id="IDNA"),
        pytest.param("http://straße.example",
                     link("http://xn--strae-oqa.example", "http://straße.example"), id="IDNA of today"),
        pytest.param("HTTPS://N.test", link("https://N.test", "HTTPS://N.test"), id="capitals"),
        pytest.param("www.n.test/a, www.n", f"{link('https://www.n.test/a', 'www.n.test/a')}, www.n", id="www"),
        pytest.param("xhttps://n.test me@www.n.test", "xhttps://n.test me@www.n.test", id="no beginning"),
        pytest.param("<https://n.test/*x*>", link("https://n.test/*x*"), id="angle brackets"),
        pytest.param("https://n.test/?a={b}|c", link("https://n.test/?a=%7Bb%7D%7Cc", "https://n.test/?a={b}|c"),
                     id="raw characters"),
        pytest.param("[](https://n.test)", f"[]({link('https://n.test')})", id="no words"),
        pytest.param("[\u200b](https://n.test)", f"[\u200b]({link('https://n.test')})", id="words without a shape"),
        pytest.param("[\u3164](https://n.test)", f"[\u3164]({link('https://n.test')})", id="a letter without one"),
        pytest.param("[😀](https://n.test)", link("https://n.test", "😀"), id="an emoji is words"),
        pytest.param("[https://a.test/_x_](https://n.test)", link("https://n.test", "https://a.test/_x_"),
                     id="an address as words"),
        pytest.param("[a](https://n.test/x_(y)_)", link("https://n.test/x_(y)_", "a"), id="brackets in a target"),
        *(pytest.param(text, text, id=text) for text in (
            "http://", "http://..", "http://xn--a.test", "http://999.1.1.1", "http://n.test:99999", "http://0x", "www.",
            "http://[::1]/", "http://%41", "http://\u00ad", "[a](http://xn--a.test)", "[a](/b)", "[a](//b.test)")),
    ],
)  # fmt: skip
def test_links(text: str, expected: str) -> None:
    assert html(text) == f"<p>{expected}</p>"


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_what_comes_out(text: str, expected: str) -> None:
    assert html(text) == expected


@pytest.mark.parametrize("mark", ["[", "]", "*", "_", "`", "<"])
def test_too_many_marks_stay_plain(mark: str) -> None:
    enough = "*a*" + mark * (MAX_MARKS - 2)
    assert "<em>" in html(enough) or mark == "_"
    many = "*a*\n\nb\nc" + mark * (MAX_MARKS - 1)
    assert html(many) == f"<p>*a*</p>\n<p>b<br>\nc{(mark * (MAX_MARKS - 1)).replace('<', '&lt;')}</p>"


def test_many_links_stay_plain() -> None:
    assert "<a " in html("[a](https://b.test) " * 20)
    assert "<a " not in html("[a](https://b.test) " * 21)


PIECES = st.sampled_from(
    ["*", "_", "`", "[", "]", "(", ")", "<", ">", "&", "!", "#", "- ", "1. ", "> ", "\n", "\n\n", "\t", " ", "\\",
     '"', "'", "https://a.test/", "javascript:", "<a href=", "<!--", "a", "é", "\u202e", "\u2028", "\0", "\r"]
)  # fmt: skip


@given(st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=80).map("".join)))
def test_only_the_small_subset_ever_comes_out(text: str) -> None:
    out = html(text)
    for tag in re.findall(r"</?([a-z0-9]+)", out, re.IGNORECASE):
        assert tag in TAGS
    for attributes in re.findall(r"<[a-z]+\s([^>]*)>", out):
        assert re.fullmatch(rf'href="https?://[^"]*" {re.escape(REL)}', attributes, re.IGNORECASE)
    # Cleaned once is clean: nothing in it changes its meaning when a browser reads it.
    again = nh3.clean(out, tags=set(TAGS), attributes={"*": set(), "a": {"href"}}, link_rel=LINK_REL)
    assert again == out


LINE = st.lists(
    st.one_of(PIECES, st.sampled_from(
        ["* ", "+ ", "2. ", "1) ", "7. ", "```", "~~~", "```py", "](https://a.test/b)", "![", '](https://a.test "t")',
         "www.a.test", "https://a.test/_x_", "<https://a.test>", "**", "b", "0", "٣", "文", "，", "    "])),
    max_size=12,
).map("".join)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=300), st.lists(LINE, max_size=25).map("\n".join))


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_every_letter_and_digit_can_be_read_on_the_page(text: str) -> None:
    # A link's target has its scheme in small letters, however it was typed.
    assert letters(Page(html(text)).read).lower() == letters(text).lower()


@pytest.mark.parametrize(
    "mark",
    ["- ", "* ", "+ ", "> ", ">", "1. ", "1) ", "> - ", "- > ", "- 1. ", "  - ", "[", "![", "*", "**a ", "`", "\\"],
)
@pytest.mark.parametrize("times", [10, 20, 60])
def test_no_depth_drops_the_rest(mark: str, times: int) -> None:
    text = f"before\n\n{mark * times}within\n\nafter\n" + "\n".join(
        f"{' ' * 2 * depth}- d{depth}" for depth in range(times)
    )
    assert letters(Page(html(text)).read) == letters(text)


@pytest.mark.parametrize("text", ["1. a\n3. b", "1. a\n1. b\n\n1. c", "1. a\n2. b\n\n4. c", "01. a\n02. b"])
def test_numbers_that_a_browser_would_count_otherwise_stay_as_typed(text: str) -> None:
    assert "<ol>" not in html(text)
    assert letters(Page(html(text)).read) == letters(text)


def test_html_of_an_older_renderer_is_made_anew() -> None:
    assert up_to_date("- - a", "", 3) == "<p>- - a</p>"
    assert up_to_date("- - a", "<p>stored</p>", 4) == "<p>stored</p>"
    link = "https://bank.example@evil.example/"
    assert up_to_date(link, f'<p><a href="{link}">{link}</a></p>', 4) == f"<p>{link}</p>"
    assert up_to_date("a", '<p><a href="https://a.example/@b">a</a></p>', 4).endswith('">a</a></p>')
    assert up_to_date("a", "<p>stored</p>", RENDERER) == "<p>stored</p>"
    assert up_to_date("a", "<p>stored</p>", RENDERER + 1) == "<p>stored</p>"


@pytest.mark.parametrize(
    "text",
    [c * n for c in ("[", "<", ">", "-\n", "a\n", "\\", "&", "https://a.b ", "http://a.b)", "!", "1. a\n\n", "\n")
     for n in (5000 // len(c),)] + ["[[](" * 20 + "a" * 4900, "http://a.b/" + ")" * 4900, "  " * 2400 + "- a"]
    + [c * (5000 // len(c)) for c in ("www.a.b ", "www.", "1. a\n\n2. b\n\n", "1. a\n1. b\n", "1. a\n\n1. b\n\n", "> ",
       "- ", "> a\n", "~~~\n", "~~~a\n", "\\- a\n")] + ["\n".join("~" * n for n in range(100, 2, -1))],
    ids=lambda text: repr(text[:6]),
)  # fmt: skip
def test_work_grows_with_the_length_alone(text: str) -> None:
    # A parser that looks back over all it has read would take four times as many calls for twice the text.
    assert _calls(text) < 3 * _calls(text[: len(text) // 2]) + 20_000


def _calls(text: str) -> int:
    count = 0

    def note(_frame: object, event: str, _arg: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(note)
    try:
        html(text)
    finally:
        sys.setprofile(None)
    return count


_SIGNS = "ab 1.)-+>~&\"'#=|{}^@!?:;,/wW–ßяא漢가١１😀\u00a0\u0301\u1161\u200d\ufe0f\u2003\u3000\u2028\x85\x1c\t*"
_LINES = st.lists(st.text(_SIGNS, max_size=9), max_size=6).map("\n".join)


@settings(max_examples=300, deadline=None)
@given(st.one_of(_LINES, st.text(max_size=40)))
@example("1. one\n\n- two")
@example("WWW.news.test and http://news.test")
@example("A & B > C\n\nD\nE")
@example("\u00a0> A\n\nB\u00a0C\u00a0")
@example("a" + "\u0301" * 9)
def test_what_needs_no_parser_comes_out_as_from_the_parser(text: str) -> None:
    quick = render(text)
    with patch("service.markup._is_plain", return_value=False):
        assert render(text) == quick


def test_no_character_that_needs_no_parser_comes_out_otherwise_from_it() -> None:
    chars = [char for char in map(chr, range(0x110000)) if unicodedata.category(char) not in {"Cn", "Co", "Cs"}]
    # Of letters that are many and all alike, a few.
    chars = [
        char for n, char in enumerate(chars) if n % 90 == 0 or not ("一" <= char <= "\ud7ff" or char > "\U00020000")
    ]
    for shape in ("a{0}b", "{0} a", "a {0}", "{0}. a"):
        plain = [line for char in chars if _is_plain(line := shape.format(char))]
        assert len(plain) > 30_000
        for start in range(0, len(plain), 500):
            text = "\n\n".join(plain[start : start + 500])
            with patch("service.markup._is_plain", return_value=False):
                assert render(text)[0] == _of_plain(text)


@pytest.mark.parametrize(
    "text",
    ["Well said.", "One.\n\nTwo,\nthree: 50% & more > less!", "Отлично – „да“.", "漢字、かな。"]
    + ["Gut so ❤️‍🔥👍🏽!", "ก็ที่น้ำ", "क्ष्म्य", "a\u00a0b", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"],
)
def test_most_comments_need_no_parser(text: str) -> None:
    with patch("service.markup._MARKDOWN", None):
        assert render(text)[0].startswith("<p>")
