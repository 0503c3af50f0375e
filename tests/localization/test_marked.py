"""Whatever the templates of the desk and of readers' pages show is marked for translation; the desk's scripts too."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

SERVICE = Path(__file__).parents[2] / "service"
DESK = SERVICE / "desk"
# The demo's newspaper is an English one.
TEMPLATES = sorted(
    path
    for room in ("desk", "intake", "readers", "widget")
    for path in (SERVICE / room / "templates").rglob("*.html")
    if path.name != "demo.html"
)
SCRIPTS = sorted((DESK / "static").glob("*.js"))

# The same in every language: names, and examples of what to type.
ALLOWED = frozenset({"Rejoinder", "· Rejoinder", "JSON Schema", "https://…", "de", "UTC", "Esc"})
SHOWN = frozenset({"title", "aria-label", "aria-description", "placeholder", "alt", "data-label"})
NOT_READ = frozenset({"script", "style", "pre", "code", "kbd"})
# Blocks that say something to another template.
FOR_TEMPLATES = frozenset({"on"})
MARKING = frozenset({"_", "gettext", "ngettext"})
# A message has its capital letters from its translator.
CASES = frozenset({"lower", "upper", "capitalize", "title"})
LETTER = re.compile(r"[^\W\d_]")
# What a macro prints into a tag.
ATTRIBUTES = re.compile(r'(?:(?!title|alt|placeholder|aria-label|aria-description|data-label)[\w-]+="[^"]*" ?)+')
# A sentence, or a word that begins one.
WORDS = re.compile(r"^[A-Z][a-z]+$|[^\W\d_]{2,},? [^\W\d_]{2,}")


class Page(HTMLParser):
    """Texts and attributes that somebody reads."""

    def __init__(self) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.shown: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in NOT_READ:
            self.inside.append(tag)
        self.shown += [value for name, value in attrs if value and name in SHOWN]

    def handle_endtag(self, tag: str) -> None:
        if self.inside and tag == self.inside[-1]:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.shown.append(data)


def unmarked(source: str) -> list[str]:
    tree = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(source)
    page = Page()
    page.feed("".join(markup(tree)))
    page.close()
    texts = [" ".join(text.split()) for text in page.shown]
    texts += [text for text in constants(tree) if WORDS.search(text)]
    texts += [f"|{found.name}" for found in tree.find_all(nodes.Filter) if found.name in CASES]
    return [text for text in texts if LETTER.search(text) and text not in ALLOWED and not ATTRIBUTES.fullmatch(text)]


def markup(node: nodes.Node) -> Iterator[str]:
    """The template's own markup, with what an expression may print of the template's own words."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Block) and child.name in FOR_TEMPLATES:
            continue
        if isinstance(child, nodes.TemplateData):
            yield child.data
        elif isinstance(child, nodes.Expr):
            if isinstance(node, nodes.Output):
                yield " ".join(printed(child))
        else:
            yield from markup(child)


def printed(expression: nodes.Node) -> Iterator[str]:
    match expression:
        case nodes.Const(value=str() as text):
            yield text
        case nodes.CondExpr():
            for one in (expression.expr1, expression.expr2):
                if one is not None:
                    yield from printed(one)
        case nodes.Or() | nodes.And() | nodes.Add():
            yield from printed(expression.left)
            yield from printed(expression.right)
        case nodes.Concat():
            for one in expression.nodes:
                yield from printed(one)
        case nodes.Call(node=nodes.Name(name=name)) if name in MARKING:
            for one in expression.kwargs:
                yield from printed(one.value)
        case nodes.Filter():
            if expression.node is not None and expression.name not in ("map", "selectattr", "rejectattr"):
                yield from printed(expression.node)


def constants(node: nodes.Node) -> Iterator[str]:
    """Texts of expressions, wherever they end."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Call) and isinstance(child.node, nodes.Name) and child.node.name in MARKING:
            for value in child.kwargs:
                yield from constants(value)
        elif isinstance(child, nodes.Const):
            if isinstance(child.value, str):
                yield child.value
        else:
            yield from constants(child)


def name_of(path: Path) -> str:
    return str(Path(*path.relative_to(SERVICE).with_suffix("").parts[2:]))


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_templates_mark_what_they_show(path):
    assert unmarked(path.read_text()) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        pytest.param("<p>Approve</p>", ["Approve"], id="text"),
        pytest.param('<p title="Approve"></p>', ["Approve"], id="attribute"),
        pytest.param('<p class="Approve">{{ _("Approve") }} · 3</p>', [], id="marked"),
        pytest.param('<p>{{ "one" if n == 1 else "many" }}</p>', ["one many"], id="printed"),
        pytest.param('<p data-n="{{ "one" if n == 1 else "many" }}"></p>', [], id="for programs"),
        pytest.param('<p title="{{ name or "nobody" }}"></p>', ["nobody"], id="printed in an attribute"),
        pytest.param('{% set titles = {"repair": "Repair"} %}', ["Repair"], id="table"),
        pytest.param('{% if n %}<p>{{ f(n, "nothing was done") }}</p>{% endif %}', ["nothing was done"], id="given on"),
        pytest.param("<pre>Approve</pre><p>&nbsp;</p>", [], id="code"),
        pytest.param('{% macro at(n) %} aria-invalid="true" id="at-{{ n }}"{% endmacro %}', [], id="within a tag"),
        pytest.param("{{ status|lower }}", ["|lower"], id="another case"),
        pytest.param('{{ _("By %(name)s", name=x or "a key") }}', ["a key"], id="within a message"),
    ],
)
def test_unmarked_words_are_found(source, found):
    assert unmarked(source) == found


# A text in quotes of any kind that stands in no call of `t` or `nt`.
QUOTED = re.compile(r"""(?<![\w\\])'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`""")
SAID = re.compile(r"\bn?t\((?:[^()'\"`]|\([^()]*\)|'(?:[^'\\\n]|\\.)*')*\)", re.DOTALL)
COMMENT = re.compile(r"^\s*//.*$|(?<=[;{}),]) //.*$", re.MULTILINE)
SENTENCE = re.compile(r"^[A-Z][a-z]+,? [a-z ]+|^[A-Z][a-z]+ .*[.!?…]$")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_mark_what_they_say(path):
    code = SAID.sub("", COMMENT.sub("", path.read_text()))
    said = [found for groups in QUOTED.findall(code) for found in groups if SENTENCE.search(found)]
    assert said == []
