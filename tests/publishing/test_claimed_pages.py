"""Readers see of an article what the newsroom says or a published comment's post said, on the site's origins."""

import pytest

from models import ActorKind, Status, Thread, new_id
from service.accounts.actors import Actor
from service.errors import Invalid
from service.intake.submission.page_addresses import own_page
from service.moderation.threads import ThreadChange, change_thread
from service.publishing.thread_rows import find_threads, permalink, placed_thread
from tests.factories import add_comment, add_thread, move_comment

TRAP = "http://news.test/redirect?to=https://evil.example"
STORY = "http://news.test/story"
PUBLIC = "http://127.0.0.1:8000"
CMS = Actor(ActorKind.API_KEY, new_id(), "", {})


@pytest.fixture
def thread(services, site) -> Thread:
    """As the post of a refused comment has made it."""
    return add_thread(services, site, "4711", url=TRAP, title="You have won")


def post(services, thread, url=STORY, title="The bridge"):
    return add_comment(services, thread, page_url=url, page_title=title).id


def seen(services) -> tuple[str, Thread]:
    with services.read() as session:
        found = find_threads(session, "gazette", ["4711"])["4711"]
        return found.title, session.get_one(Thread, found.id)


def link(services, comment_id) -> str:
    with services.read() as session:
        return permalink(session, comment_id, PUBLIC)


def test_a_refused_comment_names_no_page(services, thread):
    refused = post(services, thread, TRAP, "You have won")
    move_comment(services, refused, Status.REJECTED)
    assert seen(services)[0] == ""
    fine = post(services, thread)
    move_comment(services, fine, Status.APPROVED)
    assert seen(services)[0] == "The bridge"
    assert link(services, fine) == f"{STORY}#comment-{fine}"


def test_a_page_goes_with_the_comment_that_named_it(services, thread):
    trap, second, third = post(services, thread, TRAP, "You have won"), post(services, thread), post(services, thread)
    for comment_id in (trap, second, third):
        move_comment(services, comment_id, Status.APPROVED)
    assert seen(services)[0] == "You have won"
    move_comment(services, trap, Status.REJECTED)
    title, now = seen(services)
    assert (title, now.url) == ("The bridge", STORY)
    version = now.version
    move_comment(services, second, Status.SPAM)
    move_comment(services, third, Status.SPAM)
    assert seen(services)[0] == ""
    assert seen(services)[1].version > version


def test_an_approved_comment_that_names_no_page_stands_on_ours(services, thread):
    old = post(services, thread, None, None)
    move_comment(services, old, Status.APPROVED)
    assert seen(services)[0] == ""
    assert link(services, old) == f"{PUBLIC}/embed/gazette?thread=4711&around={old}#comment-{old}"
    move_comment(services, post(services, thread), Status.APPROVED)
    assert link(services, old) == f"{STORY}#comment-{old}"


def test_the_newsrooms_word_moves_nothing_in_the_thread(services, site, thread):
    move_comment(services, post(services, thread), Status.APPROVED)
    with placed_thread(services, "gazette", "4711"):
        pass
    before = seen(services)[1]
    assert before.placed_version == before.version
    change_thread(services, CMS, site, ThreadChange(key="4711", canonical_url=STORY, title="Bridge"))
    after = seen(services)[1]
    assert after.placed_version == after.version == before.version + 1


def test_the_newsrooms_word_stays(services, site, thread):
    change_thread(services, CMS, site, ThreadChange(key="4711", canonical_url=STORY, title="Bridge"))
    comment_id = post(services, thread, TRAP, "You have won")
    move_comment(services, comment_id, Status.APPROVED)
    move_comment(services, comment_id, Status.REJECTED)
    title, now = seen(services)
    assert (title, now.url, now.verified) == ("Bridge", STORY, True)


def test_a_word_on_something_else_confirms_no_claim(services, site, thread):
    change_thread(services, CMS, site, ThreadChange(key="4711", section="local"))
    title, now = seen(services)
    assert (title, now.url, now.title) == ("", "", "")


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "http://news.test.evil.example/",
        "http://news.test:8080/",
        "ftp://news.test/",
        "http://news.test\\@evil.example/",
        "http://news.test\\.evil.example/",
        "http://news.test@evil.example/",
        "http://evil.example\\.news.test/",
        "http://new\ts.test/",
        "http://[::1/",
        "//news.test/",
        "javascript:alert(1)//news.test/",
    ],
)
def test_no_page_but_the_sites_own(services, site, thread, url):
    with pytest.raises(Invalid):
        change_thread(services, CMS, site, ThreadChange(key="4711", canonical_url=url))
    comment_id = post(services, thread, url)
    move_comment(services, comment_id, Status.APPROVED)
    assert link(services, comment_id).startswith(f"{PUBLIC}/embed/gazette?")


@pytest.mark.parametrize(
    "url", ["http://news.test", "https://www.news.test/a", "http://NEWS.test/a", "http://news.test:80/a?b#c"]
)
def test_the_sites_own_pages(site, url):
    assert site.owns(url)
    assert own_page(url, site.origins) is not None
