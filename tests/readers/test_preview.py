"""A comment's text as it would be published: for the site's own pages, within limits, and kept nowhere."""

import pytest
from sqlalchemy import func, select

from models import Comment
from service.readers.preview import RATE


@pytest.fixture
def ask(readers):
    def asked(body, network=1, site=readers.site.slug, **headers):
        at = {"REMOTE_ADDR": f"198.51.{network}.7"}
        return readers.client.post(
            f"/api/v1/sites/{site}/preview", json={"body": body}, environ_base=at, headers=headers
        )

    return asked


def test_it_is_rendered_as_it_would_be_and_kept_nowhere(ask, services):
    answer = ask("*Well* said.\n\n<script>alert(1)</script>")
    assert answer.status_code == 200
    assert answer.get_json() == {"html": "<p><em>Well</em> said.</p>\n<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"}
    assert answer.headers["Cache-Control"] == "no-store"
    with services.read() as session:
        assert session.scalar(select(func.count()).select_from(Comment)) == 0


def test_who_may_ask_and_how_often(ask, readers):
    assert ask("Well said.", Origin="https://evil.example").get_json()["code"] == "foreign_origin"
    assert ask("Well said.", Origin=readers.site.origins[0]).status_code == 200
    assert ask("").status_code == 422
    assert ask("x" * 20_000).status_code == 422
    assert ask("Well said.", site="no-such-site").status_code == 404
    answers = [ask("Well said.", network=2).status_code for _ in range(RATE.count + 1)]
    assert answers == [200] * RATE.count + [429]
    assert ask("Well said.", network=3).status_code == 200
