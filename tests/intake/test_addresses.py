"""Addresses: syntax by the library, misspelt domains offered, disposable ones known."""

import json
from collections import Counter
from pathlib import Path

import pytest

from service.intake.submission.address_syntax import (
    InvalidAddress,
    check_address,
    disposable,
    osa_distance,
    read_address,
    suggestion,
)
from service.intake.submission.known_mail_domains import KNOWN
from service.privacy.addresses import leads_elsewhere
from tests.environment import TEST_DATA
from tests.intake.reader import codes

VECTORS, TYPOS = TEST_DATA / "email_vectors.jsonl", TEST_DATA / "email_domain_typos.jsonl"
needs_data = pytest.mark.skipif(not VECTORS.is_file(), reason="deselected: the test data is not there")


def rows(path: Path) -> list[dict[str, str]]:
    # Not `splitlines`: some of the texts hold other line separators.
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]


def accepted(text: str) -> bool:
    try:
        check_address(text)
    except InvalidAddress:
        return False
    return True


@pytest.mark.parametrize(
    ("text", "normal", "domain"),
    [
        ("Ada@Example.ORG", "Ada@example.org", "example.org"),
        ("ö@exämple.de", "ö@exämple.de", "xn--exmple-cua.de"),
        ("ada+news@example.org", "ada+news@example.org", "example.org"),
    ],
)
def test_an_address_in_normal_form(text, normal, domain):
    address = check_address(text)
    assert (address.normal, address.domain) == (normal, domain)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "ada",
        "ada@",
        "@example.org",
        "ada@@example.org",
        "a b@example.org",
        "ada@example..org",
        "Ada <ada@example.org>",
        '"ada"@example.org',
        "ada@[127.0.0.1]",
        "ada@localhost",
        "a" * 65 + "@example.org",
    ],
)
def test_what_is_no_address(text):
    assert not accepted(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("=?utf-8?q?victim?=@example.org", id="encoded word"),
        pytest.param("=?utf-8?q?a=40b.example=2Cc?=@example.org", id="two in an encoded word"),
        pytest.param("a=?x?b?dmljdGlt?=b@example.org", id="encoded word inside"),
        pytest.param("＝？utf-8?q?victim?=@example.org", id="encoded word in full width"),
        pytest.param("ö=﹖utf-8?q?victim?=@example.org", id="encoded word after folding"),
        pytest.param("victim%example.net@example.org", id="percent hack"),
        pytest.param("victim٪example.net@example.org".replace("٪", "﹪"), id="small percent"),
        pytest.param("relay.example!victim@example.org", id="bang path"),
        pytest.param("@relay.example:victim@example.org", id="source route"),
        pytest.param("-oQ/tmp@example.org", id="option"),
        pytest.param("|command@example.org", id="pipe"),
        pytest.param("/var/mail/x@example.org", id="file"),
        pytest.param("/C=US/A=x/@example.org", id="X.400"),
        pytest.param("list:ada@example.org;", id="group"),
        pytest.param("ada@example.org,bob@example.org", id="two"),
        pytest.param("ada@example.org;bob@example.org", id="two, by semicolon"),
        pytest.param("ö﹐bob@example.org", id="small comma"),
        pytest.param("ö︔bob@example.org", id="vertical semicolon"),
        pytest.param("ada@example.org>,<bob@example.org", id="brackets"),
        pytest.param("ada(x)@example.org", id="comment"),
        pytest.param('"ada bob"@example.org', id="quoted"),
        pytest.param('"ada@example.net,"@example.org', id="quoted address"),
        pytest.param("ada\r\nRCPT TO:<bob@example.org>@example.org", id="line break"),
    ],
)
def test_what_others_may_read_as_another_address(text):
    with pytest.raises(InvalidAddress):
        read_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "o'neill@example.org",
        "ada=news@example.org",
        "a_b-c+d@example.org",
        "a#b$c&d*e@example.org",
        "{a}~^`?@example.org",
    ],
)
def test_odd_addresses_that_are_nobody_elses(text):
    assert read_address(text).normal == text


@needs_data
def test_the_vectors():
    """No invalid one comes in; of the valid ones only forms that no provider gives out stay outside."""
    seen = Counter((row["label"], accepted(row["text"])) for row in rows(VECTORS))
    assert seen["invalid", True] == 0
    assert seen["valid", True] >= 129
    unusual = [row["text"] for row in rows(VECTORS) if row["label"] == "valid" and not accepted(row["text"])]
    # Quoted, with a comment or a display name, at a bare top-level domain or an IP address, or with every sign that
    # there is, of which some together mean another address.
    plain = [text for text in unusual if not any(mark in text for mark in '"()<[') and not leads_elsewhere(text)]
    assert len(plain) <= 15


@needs_data
def test_the_typos():
    """At most one in a hundred domains is judged otherwise than by the people who collected them."""
    wrong = [
        row["text"]
        for row in rows(TYPOS)
        if suggestion(row["text"]) != (None if row["label"] == "no_suggestion" else row["label"])
    ]
    assert len(wrong) <= 3, wrong


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmail.de", "gmail.com"),
        ("gmail.com.com", "gmail.com"),
        ("gmail", "gmail.com"),
        ("hotmial.co.uk", "hotmail.co.uk"),
        ("yahoo.co", "yahoo.com"),
        ("yahoocom", "yahoo.com"),
        ("gmxde", "gmx.de"),
        ("t-onlin.de", "t-online.de"),
        ("outlok.com", "outlook.com"),
        ("iclod.com", "icloud.com"),
        ("GMIAL.COM", "gmail.com"),
    ],
)
def test_a_slip_is_recognised(domain, meant):
    assert suggestion(domain) == meant


REAL = """
    gmail.com yahoo.fr yahoo.se yahoo.com.sg hotmail.nl live.nl outlook.at gmx.net gmx.at web.de free.fr mac.com me.com
    mail.de email.de proton.me pm.me online.de sky.it o2.de orange.es ymail.com example.org news.test bbc.co.uk
    nytimes.com europe.com rock.com hp.com qq.com 163.com xn--exmple-cua.de exämple.de a x..y
"""


# Each was offered a correction once, or differs by a letter or an ending from a larger provider.
FOUND_NEAR = """
    foxmail.com vip.qq.com 126.com yeah.net hanmail.net ownmail.net fastmail.fm fastmail.ca posteo.be posteo.dk
    online.ie online.nl terra.com uol.com.ar live.cl outlook.cl y7mail.com yopmail.com prontomail.com shortmail.com
    myrambler.ru list.ru bk.ru yahoo.co.in hotmail.com.tr gmx.us gmx.fr tiscali.co.uk skynet.be hispeed.ch
    telia.com btinternet.com cox.net earthlink.net tuta.com tutanota.de laposte.net libero.it interia.eu o2.pl
"""


def test_no_provider_is_taken_for_anothers_slip():
    assert {domain: meant for domain in KNOWN if (meant := suggestion(domain))} == {}


@pytest.mark.parametrize("domain", [*REAL.split(), *FOUND_NEAR.split()])
def test_a_real_domain_is_left_alone(domain):
    assert suggestion(domain) is None


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [
        ("", "", 0),
        ("gmail", "gmail", 0),
        ("gmial", "gmail", 1),
        ("gmal", "gmail", 1),
        ("gmaiil", "gmail", 1),
        ("gmeil", "gmail", 1),
        ("ca", "abc", 3),
    ],
)
def test_distance(a, b, distance):
    assert osa_distance(a, b, 5) == osa_distance(b, a, 5) == distance


@pytest.mark.parametrize(
    ("domain", "known"),
    [
        ("mailinator.com", True),
        ("eu.mailinator.com", True),
        ("gmail.com", False),
        ("com", False),
        ("example.org", False),
    ],
)
def test_disposable(domain, known):
    assert disposable(domain) is known


def test_a_correction_is_offered_only_to_who_asks(reader):
    refused = reader.post(email="ada@gmial.com", offer_correction=True)
    assert refused.status_code == 422
    assert codes(refused) == {"email": "email_typo"}
    assert refused.get_json()["suggestion"] == "gmail.com"
    assert "ada@" not in refused.get_data(as_text=True)
    # Sent again as it is, it is taken as it is.
    assert reader.post(email="ada@gmial.com", offer_correction=False).status_code == 202
    assert reader.post(email="ada@gmial.com").status_code == 202
    assert reader.post(email="ada@gmail.com", offer_correction=True).status_code == 202


def test_a_broken_domain_is_refused_with_the_offer(reader):
    refused = reader.post(email="ada@gmail")
    assert codes(refused) == {"email": "not_an_address"}
    assert refused.get_json()["suggestion"] == "gmail.com"
