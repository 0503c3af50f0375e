"""Who may write from where, and which page may read the answer."""

import pytest

from service.errors import Forbidden
from service.intake.cors import check_origin
from service.intake.submission.page_addresses import without_addresses
from service.intake.submission.web_addresses import origin_of, parse_http
from tests.factories import add_site

NEWS, OWN, FOREIGN = "http://news.test", "http://127.0.0.1:8000", "http://evil.test"


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        pytest.param(None, 202, id="none"),
        pytest.param(NEWS, 202, id="the-sites"),
        pytest.param(OWN, 202, id="our-own"),
        pytest.param("http://localhost", 202, id="the-host-asked"),
        pytest.param(FOREIGN, 403, id="foreign"),
        pytest.param("https://news.test", 403, id="other-scheme"),
        pytest.param("http://news.test:8080", 403, id="other-port"),
        pytest.param("http://news.test.evil.test", 403, id="suffix"),
        pytest.param("null", 403, id="sandboxed"),
        pytest.param("", 403, id="empty"),
        pytest.param("file://", 403, id="a-file"),
    ],
)
def test_who_may_post(reader, origin, status):
    response = reader.post(headers={} if origin is None else {"Origin": origin})
    assert response.status_code == status
    if status == 403:
        assert response.get_json()["code"] == "foreign_origin"
        assert reader.count() == 0
    else:
        assert response.headers["Access-Control-Allow-Origin"] == (origin or "*")
        assert "Retry-After" in response.headers["Access-Control-Expose-Headers"]
        assert "Access-Control-Allow-Credentials" not in response.headers


def test_an_allowed_answer_varies_by_origin(reader):
    assert "Origin" in reader.post(headers={"Origin": NEWS}).vary


def preflight(reader, path: str, origin: str, method: str):
    return reader.client.options(
        path, headers={"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": "x"}
    )


@pytest.mark.parametrize(
    ("origin", "method", "allowed"),
    [
        pytest.param(NEWS, "POST", NEWS, id="the-sites"),
        pytest.param(OWN, "POST", OWN, id="our-own"),
        pytest.param(FOREIGN, "POST", None, id="foreign"),
        pytest.param(FOREIGN, "GET", "*", id="foreign-read"),
    ],
)
def test_the_preflight_of_a_comment(reader, origin, method, allowed):
    response = preflight(reader, reader.path, origin, method)
    assert response.status_code == 204
    assert response.headers.get("Access-Control-Allow-Origin") == allowed
    if method == "POST" and allowed:
        assert "POST" in response.headers["Access-Control-Allow-Methods"]
        assert response.headers["Access-Control-Allow-Headers"] == "Content-Type, Idempotency-Key"


def test_the_preflight_of_an_unknown_site(reader):
    assert preflight(reader, "/api/v1/sites/nowhere/comments", NEWS, "POST").status_code == 404


def test_any_page_may_use_a_receipt(reader):
    receipt = reader.posted()["receipt"]
    path = f"/api/v1/receipts/{receipt}"
    response = preflight(reader, path, FOREIGN, "DELETE")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert {"PATCH", "DELETE"} <= set(response.headers["Access-Control-Allow-Methods"].split(", "))
    for answer in (
        reader.client.get(path, headers={"Origin": FOREIGN}),
        reader.client.patch(path, json={"body": "Better words."}, headers={"Origin": FOREIGN}),
        reader.client.delete(path, headers={"Origin": FOREIGN}),
    ):
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, "*")


def test_a_site_with_a_name_in_its_own_letters(services):
    site = add_site(services, "muenchen")
    with services.write() as session:
        session.merge(site).origins = ["https://münchen.test"]
    with services.read() as session:
        origins = session.get_one(type(site), site.id).origins
    check_origin("https://xn--mnchen-3ya.test", origins)
    with pytest.raises(Forbidden):
        check_origin("https://munchen.test", origins)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://News.Test:80/a?b#c", "http://news.test"),
        ("https://news.test:443", "https://news.test"),
        ("https://news.test:8443/", "https://news.test:8443"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
        ("http://user@news.test/", None),
        ("//news.test/", None),
        ("http:/news.test", None),
        ("http://news.test:0/", None),
        ("http://news.test:port/", None),
        ("http:\n//news.test/", None),
        ("", None),
    ],
)
def test_origin_of(url, origin):
    assert origin_of(url) == origin


@pytest.mark.parametrize("space", ["\u2028", "\u00a0", "\t", "\u202e", "\ufeff", "<", '"', "`", "\\"])
def test_what_no_web_address_holds(space):
    assert parse_http(f"http://news.test/a{space}b") is None


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("http://n.test/a?mail=ada@example.org", "http://n.test/a"),
        ("http://n.test/a?b=1&e=ada%40example.org", "http://n.test/a?b=1"),
        ("http://n.test/a?ada%40example.org", "http://n.test/a"),
        ("http://n.test/a?fbclid=1&utm_source=b&p=c%20d", "http://n.test/a?p=c+d"),
        ("http://n.test/a?p=c%20d#x", "http://n.test/a?p=c%20d"),
        ("http://n.test/a?e=ada%2540example.org&b=1", "http://n.test/a?b=1"),
        ("http://n.test/@ada/a", "http://n.test/@ada/a"),
        ("http://n.test/for/ada@example.org/a?b=1", "http://n.test/for/?b=1"),
        ("http://n.test/for/ada%40example.org", "http://n.test/for/"),
        ("http://n.test/for/ada%2540example.org", "http://n.test/for/"),
    ],
)
def test_a_page_is_kept_without_whom_it_was_sent_to(url, kept):
    assert without_addresses(url) == kept
