import re
import sys
from html import unescape

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.markup import LINK_REL, MAX_MARKS, TAGS, render

REL = f'rel="{LINK_REL}"'


def html(text: str) -> str:
    return render(text)[0]


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
    pytest.param('[a](https://b.test "t")', f'<p><a href="https://b.test" {REL}>a</a></p>', id="no title"),
    pytest.param("[a](javascript:x)", "<p>[a](javascript:x)</p>", id="no script link"),
    pytest.param("[a](/b)", "<p>[a](/b)</p>", id="no relative link"),
    pytest.param("[a](//b.test)", "<p>[a](//b.test)</p>", id="no link without scheme"),
    pytest.param("<me@b.test>", "<p>&lt;me@b.test&gt;</p>", id="no mail link"),
    pytest.param("![a](https://b.test/i)", f'<p>!<a href="https://b.test/i" {REL}>a</a></p>', id="no image"),
    pytest.param("(https://b.test/x_(y)).", f'<p>(<a href="https://b.test/x_(y)" {REL}>https://b.test/x_(y)</a>).</p>',
                 id="bare address in brackets"),
    pytest.param("`https://b.test`", "<p><code>https://b.test</code></p>", id="no link in code"),
    pytest.param("http://", "<p>http://</p>", id="address without host"),
    pytest.param("[r]: https://b.test\n\n[r]",
                 f'<p>[r]: <a href="https://b.test" {REL}>https://b.test</a></p>\n<p>[r]</p>', id="no references"),
    pytest.param("", "", id="nothing"),
    pytest.param("\ud800", "<p>?</p>", id="lone surrogate"),
]  # fmt: skip


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


@given(st.text(alphabet="abc é<>&\"'", min_size=1, max_size=60))
def test_words_are_kept(text: str) -> None:
    shown = unescape(re.sub(r"<[^>]+>", "", html(text)))
    assert "".join(shown.split()) == "".join(text.replace(">", "").split()) or ">" in text


@pytest.mark.parametrize(
    "text",
    [c * n for c in ("[", "<", ">", "-\n", "a\n", "\\", "&", "https://a.b ", "http://a.b)", "!", "1. a\n\n", "\n")
     for n in (5000 // len(c),)] + ["[[](" * 20 + "a" * 4900, "http://a.b/" + ")" * 4900, "  " * 2400 + "- a"],
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
