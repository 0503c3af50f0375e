"""The desk in another language: nothing on its pages stays English but what people wrote and what rules noted."""

import re
import sys
from gettext import NullTranslations
from html.parser import HTMLParser

import pytest

from models import ClassifierState, Status
from service.localization import ENGLISH, speak
from service.moderation.learning.nightly import store_classifier
from tests.factories import add_policy_version, classifier_version, finding

# What is the same in every language, or somebody's own.
DATA = {
    *("qqq", "qq", "q", "gazette", "herald", "rejoinder", "yaml", "json", "schema", "utc", "english", "deutsch"),
    *("https", "example", "demo", "esc", "akismet", "zzz"),
}
ATTRIBUTES = {"title", "aria-label", "placeholder", "alt", "data-label"}
VOID = {"input", "br", "link", "meta", "img", "hr", "line", "rect"}
# What is no message: code, times in words, what somebody typed.
OTHERS = {"script", "style", "pre", "code", "kbd", "time", "textarea", "bdi"}


class Marked(NullTranslations):
    """A language in which every message stands in brackets."""

    def gettext(self, message):
        return f"⟦{message}⟧"

    def ngettext(self, one, many, n):
        return f"⟦{one if n == 1 else many}⟧"


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.inside = []
        self.texts = []
        self.links = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        if tag not in OTHERS:
            self.texts += [given[name] for name in ATTRIBUTES if given.get(name)]
        if tag not in VOID:
            self.inside.append((tag, given))

    def handle_endtag(self, tag):
        while self.inside and self.inside.pop()[0] != tag:
            pass

    def handle_data(self, data):
        hidden = any(
            tag in OTHERS or given.get("dir") == "auto" or (given.get("lang") == "en" and tag != "html")
            for tag, given in self.inside
        )
        if not hidden:
            self.texts.append(data)


def left_over(text):
    """The words of it that no message has said."""
    before = ""
    while before != text:
        before, text = text, re.sub(r"⟦[^⟦⟧]*⟧", " ", text)
    return [word for word in re.findall(r"[^\W\d_]+", text) if word.lower() not in DATA and len(word) > 1]


@pytest.fixture
def desk(newsroom, elsewhere):
    """A newsroom with something of everything, in words of no language."""
    services, site = newsroom.services, newsroom.site
    parent = newsroom.comment("qqq", name="qqq", status=Status.APPROVED, chain="q")
    found = [
        finding("word_list", "zzz", 0, 3),
        finding("link_count", "zzz", 0, 2, field="name"),
        finding("first_comment", "zzz", could_not_check=True),
        finding("disposable_email", "zzz", could_not_check=True),
    ]
    newsroom.comment("qqq", name="qqq", parent_id=parent, findings=found, chain="q", website="https://q.example/")
    for status in (Status.REJECTED, Status.SPAM, Status.WITHDRAWN):
        newsroom.comment("qqq", name="qqq", status=status)
    elsewhere.comment("qqq", name="qqq")
    add_policy_version(services, site, "version: 1\n", note="qqq")
    add_policy_version(services, site, "version: 1\nhold_at: 4\n", note="qqq")
    measured = {"roc_auc": 0.9, "recall": 0.87, "false_alarms": 0.01, "published": 120, "stopped": 80}
    store_classifier(
        services, classifier_version(services, site, ClassifierState.IN_FORCE, measured={"new": measured}), None
    )
    newsroom.key("moderate")
    return newsroom


def walk(browser, starts, most=90):
    """The pages of the desk that links lead to, one of each kind: (address, page)."""
    waiting, seen, kinds = list(starts), set(), {}
    while waiting and len(seen) < most:
        where = waiting.pop(0)
        if where in seen:
            continue
        seen.add(where)
        answer = browser.get(where)
        if answer.status_code in (302, 303):
            waiting.append(answer.headers["Location"])
            continue
        if answer.mimetype != "text/html":
            continue
        page = Page()
        page.feed(answer.text)
        yield where, answer, page
        for link in page.links:
            link = link.partition("#")[0]
            kind = re.sub(r"[0-9A-HJKMNP-TV-Z]{26}|\d+", "·", link)
            if link.startswith("/moderate/") and kinds.setdefault(kind, 0) < 2:
                kinds[kind] += 1
                waiting.append(link)


def test_every_word_of_every_page_is_a_message(desk, browser_of, monkeypatch):
    browser = browser_of(desk.moderator("qqq", "admin", everywhere=True))
    monkeypatch.setattr(sys.modules[speak.__module__], "translations", lambda language: Marked())
    browser.set_cookie("rejoinder_language", "en", domain="localhost")
    wrong, count = {}, 0
    for where, _, page in walk(browser, ["/moderate/", "/moderate/nothing"]):
        count += 1
        if words := sorted({word for text in page.texts for word in left_over(text)}):
            wrong[where] = words
    speak(ENGLISH)
    for where, words in wrong.items():
        print(where, words)
    print(count)
    assert wrong == {}
