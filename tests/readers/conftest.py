"""Readers who report, moderators who decide, over real parts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from models import Comment, Site
from service.accounts.actors import Actor
from service.accounts.sessions import session_actor
from service.app import create_app
from service.intake.receive import EXTENSION
from service.moderation.decisions import DecisionRequest, Outcome, apply_decisions
from service.wiring import Services
from tests.factories import Newsroom, add_receipt


@pytest.fixture
def app(services: Services) -> Iterator[Flask]:
    app = create_app(services)
    yield app
    app.extensions[EXTENSION].commits.close()


@pytest.fixture
def newsroom(services: Services, site: Site) -> Newsroom:
    return Newsroom(services, site)


@dataclass
class Readers:
    """Everybody who reads the site: `network` chooses where a request comes from."""

    client: FlaskClient
    services: Services
    site: Site

    def report(
        self, comment_id: str, network: int = 1, *, key: str | None = None, site: str = "", **fields: Any
    ) -> TestResponse:
        headers = {} if key is None else {"Idempotency-Key": key}
        path = f"/api/v1/sites/{site or self.site.slug}/comments/{comment_id}/reports"
        sent = {"reason": "insult"} | fields
        return self.client.post(path, json=sent, headers=headers, environ_base=_at(network))

    def reported(self, comment_id: str, network: int = 1, **fields: Any) -> str:
        """The receipt of a report that was taken."""
        response = self.report(comment_id, network, **fields)
        assert response.status_code == 202, response.get_data(as_text=True)
        return str(response.get_json()["receipt"])

    def look(self, receipt: str) -> dict[str, Any]:
        response = self.client.get(f"/api/v1/reports/{receipt}")
        assert response.status_code == 200, response.get_data(as_text=True)
        answer: dict[str, Any] = response.get_json()
        return answer

    def comment(self, comment_id: str) -> Comment:
        with self.services.read() as session:
            return session.get_one(Comment, comment_id)

    def receipt(self, comment_id: str) -> str:
        """The receipt that its writer got."""
        return add_receipt(self.services, self.comment(comment_id))

    def count(self, table: type) -> int:
        with self.services.read() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0


def _at(network: int) -> dict[str, str]:
    return {"REMOTE_ADDR": f"198.51.{network}.7"}


@pytest.fixture
def readers(app: Flask, services: Services, site: Site) -> Readers:
    return Readers(app.test_client(), services, site)


@pytest.fixture
def actor_of(services: Services, newsroom: Newsroom) -> Callable[..., Actor]:
    """Somebody of the newsroom, signed in."""

    def make(name: str = "Anna", role: str = "moderator") -> Actor:
        token = newsroom.session(newsroom.moderator(name, role))
        actor = session_actor(services, token)
        assert actor is not None
        return actor

    return make


@pytest.fixture
def decide(services: Services) -> Callable[..., Outcome]:
    """A decision on whatever is there, without a refusal."""

    def make(actor: Actor, comment_id: str, action: str, **more: Any) -> Outcome:
        with services.read() as session:
            revision = session.get_one(Comment, comment_id).revision
        (outcome,) = apply_decisions(
            services, [DecisionRequest(comment_id, action, actor, expected_revision=revision, **more)]
        )
        if outcome.problem is not None:
            raise outcome.problem
        return outcome

    return make
