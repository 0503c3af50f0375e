"""What an operator may change about a site, and what the rest of the service could not live with."""

import pytest
from sqlalchemy import select

from models import AuditEntry, Mode, Site, SiteSettings
from service.accounts.api_keys import create_key, revoke_key
from service.accounts.site_administration import LIMITS, all_settings, change_site, numbers
from service.errors import Invalid, NotFound
from tests.factories import add_moderator, add_site


def stored(services, site: Site) -> Site:
    with services.read() as session:
        return session.get_one(Site, site.id)


CHANGES = {
    "mode": "manual",
    "name_max": 40,
    "body_min": 3,
    "body_max": 900,
    "reply_depth": 3,
    "website": "optional",
    "first_comments_held": False,
    "spam_reads_waiting": 0,
    "form_token_max_age": 600,
    "reports_hide": 4,
    "reasons": {"off_topic": "Not about this."},
    "reason_details": {"off_topic": {"words": {"de": "Gehört nicht hierher."}, "key": "o", "strikes": 0}},
    "strikes": {"warn": 2, "hold": 0},
    "staff_names": ["Ada Lovelace"],
    "language": "pt-BR",
    "votes": "up_down",
    "guideline": "Be kind.",
    "nudge": True,
    "reader_language": "fr",
    "announcement": "Read until 10 pm.",
    "terms": {"version": "2", "text": "I have read the rules.", "url": "https://gazette.example/rules"},
}


@pytest.mark.parametrize("field", SiteSettings.__struct_fields__)
def test_every_setting_can_be_changed_and_taken_back(services, site, field):
    before = all_settings(stored(services, site))
    change_site(services, None, site.id, settings={field: CHANGES[field]})
    assert all_settings(stored(services, site)) == before | {field: CHANGES[field]}
    change_site(services, None, site.id, settings={field: before[field]})
    assert all_settings(stored(services, site)) == before


@pytest.mark.parametrize(
    ("kept", "website"),
    [
        pytest.param({}, "shown", id="nothing said"),
        pytest.param({"website_field": True}, "shown", id="asked for, by a release from before"),
        pytest.param({"website_field": False}, "off", id="not asked for, by a release from before"),
        pytest.param({"website": "optional"}, "optional", id="by a button"),
        pytest.param({"website": "off", "website_field": False}, "off", id="not asked for"),
    ],
)
def test_what_releases_before_said_of_the_website_holds(services, site, kept, website):
    with services.write() as session:
        session.get_one(Site, site.id).settings_json = kept
    assert stored(services, site).settings.website == website
    # Whatever it was, each of the three can be said, and a release from before reads whether it is asked for.
    for said in ("off", "optional", "shown"):
        change_site(services, None, site.id, settings={"website": said})
        found = stored(services, site)
        assert found.settings.website == said
        assert found.settings_json.get("website_field", True) is (said != "off")


def test_name_and_origins(services, site):
    change_site(services, None, site.id, name=" The  Gazette ", origins=["https://a.test", "https://a.test"])
    found = stored(services, site)
    assert (found.name, found.origins, found.settings.mode) == ("The Gazette", ["https://a.test"], Mode.AUTOMATIC)
    with services.read() as session:
        entry = session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.site_id, set(entry.details)) == ("site.set", site.id, {"name", "origins"})
    assert entry.details["name"] == {"before": "Gazette", "after": "The Gazette"}


def test_what_changes_nothing_is_not_in_the_trail(services, site):
    change_site(services, None, site.id, name="Gazette", settings={"body_max": 5000})
    with services.read() as session:
        assert session.scalars(select(AuditEntry)).all() == []


@pytest.mark.parametrize(
    "wrong",
    [
        *(pytest.param({name: least - 1}, id=f"{name} too low") for name, (least, _) in LIMITS.items()),
        *(pytest.param({name: most + 1}, id=f"{name} too high") for name, (_, most) in LIMITS.items()),
        pytest.param({"mode": "wild"}, id="mode"),
        pytest.param({"body_min": 500, "body_max": 400}, id="least above most"),
        pytest.param({"language": "de_DE"}, id="language"),
        pytest.param({"reasons": {"Off Topic": "No."}}, id="reason's code"),
        pytest.param({"reasons": {"off_topic": " "}}, id="reason's words"),
        pytest.param({"reasons": {f"r{n}": "No." for n in range(51)}}, id="many reasons"),
        pytest.param({"staff_names": [""]}, id="empty name"),
        pytest.param({"staff_names": ["x"] * 501}, id="many names"),
    ],
)
def test_what_cannot_be(services, site, wrong):
    with pytest.raises(Invalid):
        change_site(services, None, site.id, settings=wrong, name="Never")
    assert stored(services, site).name == "Gazette"


def test_an_unknown_site(services):
    with pytest.raises(NotFound):
        change_site(services, None, "nowhere", name="New")


def test_numbers(services, site):
    herald = add_site(services, "herald")
    add_moderator(services, "admin")
    add_moderator(services, "viewer", site, address="b@example.org")
    add_moderator(services, "viewer", herald, address="c@example.org")
    kept, _ = create_key(services, None, site_id=site.id, scope="read")
    gone, _ = create_key(services, None, site_id=site.id, scope="read")
    revoke_key(services, None, key_id=gone.id)
    with services.read() as session:
        counted = numbers(session, stored(services, site))
    assert (counted.moderators, counted.keys, counted.threads, counted.policy_version) == (2, 1, 0, 0)
    assert set(counted.comments.values()) == {0}
    assert kept.revoked_at is None
