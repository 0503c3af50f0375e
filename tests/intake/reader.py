"""A reader who posts: what a form sends, and rows that the tests of intake look at."""

from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from models import ActorKind, Comment, Site, Status, Thread
from service.wiring import Services
from tests.factories import move_comment

FIELDS: dict[str, Any] = {
    "thread": "4711",
    "page_url": "http://news.test/story?id=4711",
    "page_title": "A story",
    "name": "Ada",
    "email": "ada@example.org",
    "body": "A thoughtful remark.",
}
KEY = "a-key-of-sixteen-or-more"


def fields(**changes: Any) -> dict[str, Any]:
    """What a reader sends; a change to `...` leaves the field out."""
    merged = FIELDS | changes
    return {name: value for name, value in merged.items() if value is not ...}


@dataclass
class Reader:
    """Sends requests as a browser would, without its cookies."""

    client: FlaskClient
    services: Services
    site: Site

    @property
    def path(self) -> str:
        return f"/api/v1/sites/{self.site.slug}/comments"

    def post(self, *, key: str | None = None, headers: dict[str, str] | None = None, **changes: Any) -> TestResponse:
        sent = dict(headers or {})
        if key is not None:
            sent["Idempotency-Key"] = key
        return self.client.post(self.path, json=fields(**changes), headers=sent)

    def post_form(self, *, accept: str = "text/html", multipart: bool = False, **changes: Any) -> TestResponse:
        kind = "multipart/form-data" if multipart else "application/x-www-form-urlencoded"
        return self.client.post(self.path, data=fields(**changes), content_type=kind, headers={"Accept": accept})

    def posted(self, **changes: Any) -> dict[str, Any]:
        """A comment that was taken: the answer's members."""
        response = self.post(**changes)
        assert response.status_code == 202, response.get_data(as_text=True)
        answer: dict[str, Any] = response.get_json()
        return answer

    def form(self, thread: str | None = None) -> dict[str, Any]:
        query = {} if thread is None else {"thread": thread}
        answer: dict[str, Any] = self.client.get(f"/api/v1/sites/{self.site.slug}/form", query_string=query).get_json()
        return answer

    def token(self) -> str:
        return str(self.form()["token"])

    def receipt(self, receipt: str) -> dict[str, Any]:
        response = self.client.get(f"/api/v1/receipts/{receipt}")
        assert response.status_code == 200, response.get_data(as_text=True)
        answer: dict[str, Any] = response.get_json()
        return answer

    def comment(self, comment_id: str) -> Comment:
        with self.services.read() as session:
            return session.get_one(Comment, comment_id)

    def thread(self, key: str = "4711") -> Thread:
        with self.services.read() as session:
            return session.scalars(select(Thread).where(Thread.site_id == self.site.id, Thread.key == key)).one()

    def count(self, table: type = Comment) -> int:
        with self.services.read() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    def decide(
        self, comment_id: str, to: Status, *, kind: ActorKind = ActorKind.MODERATOR, reason: str | None = None
    ) -> None:
        """Moves the comment as a decision would; an edit that is refused leaves the old text up."""
        move_comment(self.services, comment_id, to, kind=kind, reason=reason)


def codes(response: TestResponse) -> dict[str, str]:
    """Field -> code of a problem document."""
    assert response.mimetype == "application/problem+json", response.get_data(as_text=True)
    return {error["field"]: error["code"] for error in response.get_json().get("errors", [])}
