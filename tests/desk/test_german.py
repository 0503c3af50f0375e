"""The desk in another language: nothing on its pages stays English but what people wrote and what rules noted."""

import re
import sys
from collections.abc import Iterator
from gettext import NullTranslations
from html.parser import HTMLParser

import pytest

from models import ClassifierState, Status
from service.localization import ENGLISH, LANGUAGES, speak
from service.localization.catalogue import catalogue
from service.moderation.learning.nightly import store_classifier
from tests.factories import add_policy_version, classifier_version, finding

# The same in every language, or somebody's own.
DATA = frozenset(
    [
        "qqq",
        "gazette",
        "herald",
        "rejoinder",
        "yaml",
        "json",
        "schema",
        "utc",
        "english",
        "deutsch",
        "https",
        "example",
        "de",
    ]
    + ["moderate", "code", "api", "akismet", "off_topic"]
)
READ = ("title", "aria-label", "placeholder", "alt", "data-label")
VOID = frozenset({"input", "br", "link", "meta", "img", "hr", "line", "rect"})
# Code, times in words, what somebody typed.
OTHERS = frozenset({"script", "style", "pre", "code", "kbd", "time", "textarea", "bdi"})


class Marked(NullTranslations):
    """A language in which every message stands in brackets."""

    def gettext(self, message):
        return f"⟦{message}⟧"

    def ngettext(self, one, many, n):
        return f"⟦{one if n == 1 else many}⟧"


class Page(HTMLParser):
    """What somebody reads on a page: `text` in one piece, as a message may have elements in it, and the attributes."""

    def __init__(self, text):
        super().__init__()
        self.inside = []
        self.text = ""
        self.attributes = []
        self.links = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "a" and given.get("href"):
            self.links.append(given["href"].partition("#")[0])
        if tag != "time":
            self.attributes += [given[name] for name in READ if given.get(name)]
        self.text += " "
        if tag not in VOID:
            foreign = given.get("dir") == "auto" or (given.get("lang") and tag != "html")
            self.inside.append((tag, foreign or tag in OTHERS or "pseudonym" in (given.get("class") or "")))

    def handle_endtag(self, tag):
        while self.inside and self.inside.pop()[0] != tag:
            pass

    def handle_data(self, data):
        self.text += " " if any(hidden for _, hidden in self.inside) else data


def unsaid(text):
    """The words of it that no message has said."""
    before = ""
    while before != text:
        before, text = text, re.sub(r"⟦[^⟦⟧]*⟧", " ", text)
    return {word for word in re.findall(r"[^\W\d]{2,}", text) if word.lower() not in DATA}


@pytest.fixture
def desk(newsroom, elsewhere):
    """A newsroom with something of everything, in words of no language."""
    services, site = newsroom.services, newsroom.site
    newsroom.thread(title="qqq")
    elsewhere.thread(title="qqq")
    parent = newsroom.comment("qqq", name="qqq", status=Status.APPROVED, chain="q")
    found = [
        finding("word_list", "qqq", 0, 3),
        finding("link_count", "qqq", 0, 2, field="name"),
        finding("first_comment", "qqq", could_not_check=True),
    ]
    newsroom.comment("qqq", name="qqq", parent_id=parent, findings=found, chain="q", website="https://q.example/")
    for status in (Status.REJECTED, Status.SPAM, Status.WITHDRAWN):
        newsroom.comment("qqq", name="qqq", status=status)
    elsewhere.comment("qqq", name="qqq")
    for n in (1, 2):
        add_policy_version(services, site, "version: 1\n", note="qqq", n=n)
    measured = {"new": {"roc_auc": 0.9, "recall": 0.87, "false_alarms": 0.01, "published": 120, "stopped": 80}}
    store_classifier(services, classifier_version(services, site, ClassifierState.IN_FORCE, measured=measured), None)
    newsroom.key("moderate")
    return newsroom


def walk(browser) -> Iterator[tuple[str, Page]]:
    """The desk's pages that links lead to, one of each kind."""
    waiting, kinds = ["/moderate/", "/moderate/nothing"], set()
    while waiting:
        where = waiting.pop(0)
        answer = browser.get(where, follow_redirects=True)
        if answer.mimetype != "text/html":
            continue
        page = Page(answer.text)
        yield where, page
        for link in page.links:
            path, _, query = re.sub(r"[0-9A-Z]{26}|herald", "·", link).partition("?")
            # Tabs differ in what they say; of other places only which there are counts.
            kind = (path, query if re.fullmatch(r"tab=\w+", query) else tuple(sorted(re.findall(r"(\w+)=", query))[:1]))
            if link.startswith("/moderate/") and kind not in kinds:
                kinds.add(kind)
                waiting.append(link)


def test_every_word_of_every_page_is_a_message(desk, browser_of, monkeypatch):
    browser = browser_of(desk.moderator("qqq", "admin", everywhere=True))
    monkeypatch.setattr(sys.modules[speak.__module__], "translations", lambda language: Marked())
    browser.set_cookie("rejoinder_language", ENGLISH, domain="localhost")
    pages = dict(walk(browser))
    found = {where: unsaid(page.text).union(*map(unsaid, page.attributes)) for where, page in pages.items()}
    speak(ENGLISH)
    assert {where: words for where, words in found.items() if words} == {}
    assert len(pages) > 30


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != ENGLISH])
def test_no_page_has_an_english_message_where_there_is_a_translation(desk, browser_of, language):
    browser = browser_of(desk.moderator("qqq", "admin", everywhere=True))
    browser.set_cookie("rejoinder_language", language, domain="localhost")
    messages = [message for message in catalogue(language) if message.id and isinstance(message.id, str)]
    english = {str(message.id) for message in messages} - {str(message.string) for message in messages}
    places = ("/moderate/", "/moderate/threads", "/moderate/sites/gazette/people")
    pages = [browser.get(where).text for where in places]
    speak(ENGLISH)
    for text in pages:
        assert f'<html lang="{language}">' in text
        assert english & {" ".join(piece.split()) for piece in re.findall(r">([^<>]+)<", text)} == set()
