"""What moderators find by a story's title: listed with it once, and anew only when it changes."""

import pytest
from sqlalchemy import event, func, select, text, update

from models import Comment, CommentRule, Site, Status, Thread
from models.thread import RETITLED
from service.app import create_app
from service.moderation.judging.worker import Worker
from service.moderation.outbox import unlisted
from service.moderation.outbox.unlisted import list_unlisted
from service.wiring import Services
from tests.factories import add_comment, add_thread, finding, move_comment
from tests.intake.reader import Reader


def retitled(services: Services) -> int:
    with services.read() as session:
        return session.scalar(select(func.count()).select_from(Thread).where(text(RETITLED))) or 0


def unlisted_comments(services: Services) -> int:
    with services.read() as session:
        return session.scalar(select(func.count()).select_from(Comment).where(Comment.listed_version.is_(None))) or 0


def test_a_storys_first_comment_is_listed_once(services: Services, site: Site) -> None:
    reader = Reader(create_app(services).test_client(), services, site)
    reader.posted(page_title="Council votes")
    Worker(services, consumer="w").drain()
    assert retitled(services) == 0
    assert list_unlisted(services) == 0


@pytest.mark.parametrize("comments", [0, 1, 2, 3])
def test_a_title_is_changed_with_the_last_of_its_comments(
    services: Services, site: Site, monkeypatch: pytest.MonkeyPatch, comments: int
) -> None:
    """In pages, of which each is a transaction; one that ends between two begins anew."""
    monkeypatch.setattr(unlisted, "AT_ONCE", 2)
    monkeypatch.setattr(unlisted, "_OF_THREAD", unlisted._OF_THREAD.limit(2))
    thread = add_thread(services, site)
    for _ in range(comments):
        add_comment(services, thread, status=Status.APPROVED)
    list_unlisted(services)
    with services.write() as session:
        session.execute(update(Thread).values(title="The fair"))
    assert unlisted_comments(services) == 0

    commits: list[int] = []
    event.listen(services.engine, "commit", lambda _connection: commits.append(1))
    unlisted._mark_retitled(services)
    assert len(commits) == comments // 2 + 1
    assert (retitled(services), unlisted_comments(services)) == (0, comments)
    while list_unlisted(services):
        pass
    assert unlisted_comments(services) == 0


@pytest.mark.parametrize("anew", [False, True], ids=["judged", "listed anew"])
def test_a_rule_that_could_not_check_has_found_nothing(services: Services, site: Site, anew: bool) -> None:
    unchecked = finding("unreachable_email", "no answer", score=0, could_not_check=True)
    # One field of it was found to be bad, another could not be looked at.
    half = finding("banned_link", "cut off", score=0, could_not_check=True)
    thread = add_thread(services, site)
    comment = add_comment(services, thread)
    findings = [unchecked, finding("banned_link", "bad"), half]
    move_comment(services, comment.id, Status.PENDING, findings=findings)
    if anew:
        with services.write() as session:
            session.execute(update(Comment).values(listed_version=None))
        assert list_unlisted(services) == 1
    with services.read() as session:
        assert session.scalars(select(CommentRule.rule)).all() == ["banned_link"]
