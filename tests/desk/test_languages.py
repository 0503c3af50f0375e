"""The desk's language: as the browser asks, or as its person chose on a page."""

import pytest
from babel.messages.catalog import Catalog

from service.localization import ENGLISH, catalogue, speak
from service.localization.catalogue import translations

SIGN_IN = "/moderate/sign-in?next=%2Fmoderate%2Faudit"
REFERRER = "http://localhost:8000/moderate/threads?sort=newest"


@pytest.fixture(autouse=True)
def german(monkeypatch):
    """A small German."""
    found = Catalog(locale="de")
    for english, said in (("Sign in", "Anmelden"), ("Settings", "Einstellungen"), ("There is nothing here", "Leer")):
        found.add(english, said)
    kept = catalogue.catalogue
    monkeypatch.setattr(catalogue, "catalogue", lambda language: found if language == "de" else kept(language))
    translations.cache_clear()
    yield
    speak(ENGLISH)
    monkeypatch.undo()
    translations.cache_clear()


def choose(client, language, **headers):
    return client.post("/moderate/language", data={"language": language}, headers=headers)


@pytest.mark.parametrize(
    ("asked", "language"),
    [("de-AT,de;q=0.9,en;q=0.5", "de"), ("en-US,en;q=0.9,de;q=0.5", "en"), ("fr", "en"), ("", "en")],
)
def test_pages_speak_as_the_browser_asks(client, asked, language):
    page = client.get("/moderate/sign-in", headers={"Accept-Language": asked}).text
    assert f'<html lang="{language}">' in page
    assert ("Anmelden" in page) is (language == "de")


def test_what_was_chosen_counts_more_and_stays(client):
    there = choose(client, "de", Referer=REFERRER)
    assert (there.status_code, there.headers["Location"]) == (303, "/moderate/threads?sort=newest")
    said = there.headers["Set-Cookie"]
    for part in ("Path=/moderate", "HttpOnly", "SameSite=Lax", "Max-Age=31536000"):
        assert part in said
    assert "Anmelden" in client.get("/moderate/sign-in", headers={"Accept-Language": "en"}).text
    choose(client, "en")
    assert "Anmelden" not in client.get("/moderate/sign-in", headers={"Accept-Language": "de"}).text


@pytest.mark.parametrize(
    ("referrer", "there"),
    [
        pytest.param("", "/moderate/", id="none"),
        pytest.param(f"http://localhost:8000{SIGN_IN}", SIGN_IN, id="before signing in"),
        pytest.param("https://evil.example/moderate/threads", "/moderate/threads", id="only the path counts"),
        pytest.param("https://evil.example//evil.example/moderate/", "/moderate/", id="no other host"),
        pytest.param("http://localhost:8000/moderate/sites/gazette/people/add", "/moderate/", id="only a form's"),
        pytest.param("http://localhost:8000/api/v1/moderation/queue", "/moderate/", id="no page"),
        pytest.param("http://[", "/moderate/", id="no address"),
    ],
)
def test_the_way_back_is_a_page_of_the_desk(client, referrer, there):
    assert choose(client, "en", **({"Referer": referrer} if referrer else {})).headers["Location"] == there


def test_no_other_language_and_no_other_page_chooses(client):
    assert choose(client, "tlh").status_code == 422
    assert choose(client, "de", Origin="https://evil.example").status_code == 403


def test_every_page_has_the_choice(client, reader):
    for page in (client.get("/moderate/sign-in"), reader.get("/moderate/"), reader.get("/moderate/settings")):
        assert 'lang="de">Deutsch</button>' in page.text
        assert 'lang="en" aria-current="true">English</button>' in page.text


def test_refusals_of_pages_speak_it_too_and_those_of_the_api_do_not(client, reader):
    choose(reader, "de")
    page = reader.get("/moderate/nothing")
    assert '<html lang="de"' in page.text
    assert "Leer" in page.text
    assert reader.get("/api/v1/moderation/nothing").get_json()["title"] == "There is nothing here"
    assert '<html lang="en"' in reader.get("/nothing").text
