"""Addresses in every alphabet, under marks, apart or in words: no eye misses them; and what only looks like one."""

import base64
import unicodedata
from importlib.resources import files

import pytest

from service.intake.submission.address_looks import as_read
from service.intake.submission.hidden_addresses import holds_address

ADDRESS = "ada@example.com"
# DerivedCoreProperties.txt of Unicode 16.0, Default_Ignorable_Code_Point; and what stands for an object.
IGNORABLE = [
    *("\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u180f\u200b\u200f\u202a\u202e\u2060\u2065"),
    *("\u206f\u3164\ufe00\ufe0f\ufeff\uffa0\ufff0\ufff8\ufffc\U0001bca0\U0001bca3\U0001d173\U0001d17a"),
    *map(chr, range(0xE0000, 0xE0080)),
    *("\U000e0080\U000e00ff\U000e0100\U000e01ef\U000e0fff"),
]
MARKS = [char for char in map(chr, range(0x300, 0x1F000)) if unicodedata.category(char) in ("Mn", "Me")]


def top_level_domains() -> list[str]:
    """All of IANA's (https://data.iana.org/TLD/tlds-alpha-by-domain.txt), as hypothesis brings them."""
    listed = files("hypothesis.vendor").joinpath("tlds-alpha-by-domain.txt").read_text("ascii").split("\n")
    names = [line.strip().lower() for line in listed if line.strip() and not line.startswith("#")]
    return [name.encode().decode("idna") for name in names if not name.startswith("xn--")] + [
        name[4:].encode().decode("punycode") for name in names if name.startswith("xn--")
    ]


def test_every_top_level_domain_ends_an_address():
    domains = top_level_domains()
    assert "भारत" in domains
    assert len(domains) > 1400
    assert [name for name in domains if not holds_address(f"ada@example.{name}")] == []
    assert [name for name in domains if not name.isascii() and not holds_address(f"ada@{name}.{name}")] == []


@pytest.mark.parametrize("signs", [IGNORABLE, MARKS], ids=["default-ignorable", "marks"])
def test_nothing_laid_into_an_address_hides_it(signs):
    shown = [
        (f"U+{ord(sign):04X}", at)
        for number, sign in enumerate(signs)
        # Each sign at some of the places, and each of the places with many signs.
        for at in (number % (len(ADDRESS) + 1), (number * 7 + 12) % (len(ADDRESS) + 1), 12, 13)
        if not holds_address(ADDRESS[:at] + sign + ADDRESS[at:])
    ]
    assert shown == []
    assert [sign for sign in signs if not holds_address(sign.join(ADDRESS))] == []


@pytest.mark.parametrize("sign", ["\u0336", "\u20e3", "\u180f", "\U000e0041", "\U000e002d"])
def test_nor_at_any_place(sign):
    assert all(holds_address(ADDRESS[:at] + sign + ADDRESS[at:]) for at in range(len(ADDRESS) + 1))


SPELT = """
(ada)@gmail.com|ada)@gmail.com|ada,@gmail.com|ada:@gmail.com|ada;@gmail.com|ada?@gmail.com|ada&@gmail.com|ada>@gmail.com
ada/@gmail.com|ada @gmail.com|ada@ gmail.com|ada@@gmail.com|ada@gmail .com|ada@gmail. com|ada@gmail com
(ada)@example.com|ada @example.com|ada@@example.com|ada@example .com|ada@example. com
write to me: ada @example.com, please|mail ada at yahoo.com today
ada at web.de|ada at gmail com|ada at yahoo.com|ada.b at t-online.de|ada at example.com
ada_at_gmail.com|ada-at-gmail.com|ada=at=gmail.com|ada 'at' gmail.com|ada "at" gmail.com|ada “at” gmail.com
ada【at】example.com|ada「at」example「dot」com|ada⟨at⟩example.com|ada [bei] example.com|ada (собака) example.com
ada@example۔com|ada@example܁com|ada@exampleᐧcom|ada@example⸳com|ada@exampleꓸcom|ada@example˙com|ada@example٠com
ada@example.🅒🅞🅜|ada@c̲o̲.u̲k̲|ada@मेल.भारत|ada@example.कॉम|ada@example.संगठन|ada@மின்.இந்தியா
ada\\100example\\56com|ada\\0100example.com
"""


@pytest.mark.parametrize("text", SPELT.strip().replace("\n", "|").split("|"))
def test_what_everybody_reads_is_found(text):
    assert holds_address(text)


@pytest.mark.parametrize(
    "encoded",
    [
        *(base64.b64encode(ADDRESS.encode(code)).decode() for code in ("utf-16", "utf-16le", "utf-16be", "utf-32le")),
        *(ADDRESS.encode(code).hex() for code in ("utf-16", "utf-16be", "utf-32")),
        *(ADDRESS.encode().hex(between) for between in " :-_,"),
        " ".join(f"0x{byte:02x}" for byte in ADDRESS.encode()),
        ", ".join(f"{byte:02X}" for byte in ADDRESS.encode()),
        base64.b32hexencode(ADDRESS.encode()).decode(),
        base64.b32hexencode(ADDRESS.encode()).decode().lower().rstrip("="),
        base64.b32encode(ADDRESS.encode("utf-16le")).decode(),
    ],
)
def test_nor_do_rarer_encodings_hide_it(encoded):
    assert holds_address(encoded)
    assert holds_address(f"Ada {encoded}")


HONEST = """
Ada @ada.byron|Ada (@ada.com)|@ada.com|Ada B. @nytimes.com|@ada @bob.com|DJ Ada @nightclub.london|Meet @ 5 .com?
Luca @luca.it|Outage at yahoo.com leaves thousands without mail|Life at home. De Gaulle
Look_at_me|A day at the races|at|Ada at Bob's
Why I left gmail. Com and go|Working at live shows|Jobs at orange|Meet us @home. Es gibt Kuchen|Anna at net-works
https://bsky.app/profile/@nytimes.com|https://medium.com/@ada.com/x|www.tiktok.com/@web.de|https://n.test/at-yahoo/a.html
https://n.test/a_at_b.html|https://n.test/outage-at-the-bank-of-com|2024-05-12 10:11:12|de ad be ef ca fe 00 11
00:1A:2B:3C:4D:5E|C:\\100\\101|नरेन्द्र शर्मा|Nguyễn Thị Ánh|Ὀδυσσεύς|한글이름|محمّد|ก้อง|日本の「家」で|【公式】アダ|٣٠٠٠
‘Ada’ “B”|🏴󠁧󠁢󠁥󠁮󠁧󠁿 England|👨‍👩‍👧 at home|🇩🇪 Ada|Ada & Bob at eight.|Ada, @ada.byron|RT @ada.b: at last|1,5:2.5;3|50% @ H&M
"""


@pytest.mark.parametrize("text", HONEST.strip().replace("\n", "|").split("|"))
def test_what_only_looks_like_one_is_not(text):
    assert not holds_address(text)


@pytest.mark.parametrize("text", [char + "a" for char in MARKS[:40]] + ["\u02d9", "ﷺ", "ｱﾞ", "각", "é\u0327", "∕"])
def test_reading_twice_reads_the_same(text):
    assert as_read(as_read(text)) == as_read(text)


@pytest.mark.parametrize(
    "text",
    [
        "a @ " * 500,
        "at at " * 333,
        "a at b.c " * 220,
        "a@b. c " * 280,
        "1f " * 666,
        "a )))@(((" * 220,
        "a-at-gmail-" * 180,
    ],
    ids=lambda text: text[:8],
)
def test_no_text_makes_much_work(text, monkeypatch):
    """Of each sign only what stands around it is looked at."""
    from service.intake.submission import address_spellings

    looked_at = 0
    real = address_spellings._hosts

    def counted(part):
        nonlocal looked_at
        looked_at += len(part)
        return real(part)

    monkeypatch.setattr(address_spellings, "_hosts", counted)
    holds_address(text)
    assert looked_at <= 140 * len(text)
