"""Names of people everywhere are nothing to the rules; what only stands where a name belongs is held, and says where.

By the default policy, as a newsroom has it.
"""

import pytest

from moderation_rules import Comment, Facts, Verdict, compile_policy, default_policy
from moderation_rules.values import Judgement

JUDGE = compile_policy(default_policy())
KNOWN = Facts(approved_before=3)

HONEST_NAMES = """
Anna Smith | Tom | X | Ng | Wu | O | J. R. R. Tolkien | J.R.R. Tolkien | T. S. E. | AB | A. B. C. D. Weber
O'Neil | O’Brien | D'Angelo | Jean-Luc Picard | Mary-Jane St. John | Martin Luther King, Jr. | Dr. Suess, MD
Prof. Dr. h. c. Ute Weiß | Van Dyke | Dick van Dyke | ANNA SMITH | anna smith | McDonald | MacGyver | de la Cruz
Alistair Cockburn | Jane Hancock | Dickinson | Hitchcock | Sandy Balls | Essex Lad | Scunthorpe United | Cummings
Matsushita | Gaylord Perry | Lars Johansson | Marion Cotillard | Assad Khan | Nasser | Ludwig Wankel | Sussex Ann
Reader from Berlin | A worried mother | Concerned Citizen | Old Geezer | The Subscriber | Signal Mountain Dave
@handle | @jo_1987 | ali87 | x_X_maria_X_x | user1234567 | jo.bloggs | will.i.am | M.Sc. Ann | Anonymous | Anon. | ?
María José 🌻 | Sam 🐈‍⬛ | 🌈 Kim | ❤️ | Ola ✌🏽 | José Ñandú | Zoë Ångström | Łukasz Żółć | Þór Ægisson | Đorđe Čolić
Nguyễn Thị Ánh Tuyết | Ẹ̀bùn Ọlọ́run | Şükrü Çağlar | Gülşah İnce | Ģirts Ķēniņš | Őry Tűz | Mäkinen | Bjørn Ødegård
Анна Каренина | Ёлка | Ґалаґан Їжак | Љубица Ђорђевић | Анна Smith | Maria Петрова | Γιώργος Παπαδόπουλος | ΆΝΝΑ
Արամ Խաչատրյան | შოთა რუსთაველი | محمد علي | فاطمة الزهراء | علی‌رضا | دانیال خان | יוסף כהן | דוד בן־גוריון | חַנָּה
अमिताभ बच्चन | মুহাম্মদ ইউনূস | தமிழ்ச்செல்வன் | తెలుగు రామ | ಕನ್ನಡ ರಾಜ | മലയാളം രവി | ਗੁਰਪ੍ਰੀਤ ਸਿੰਘ | ગુજરાતી ભાઈ | සිංහල නිමල්
สมชาย ใจดี | ສົມສັກ | အောင်ဆန်းစုကြည် | សុខ សុភា | བསྟན་འཛིན | ኃይለ ሥላሴ | ᏍᏏᏉᏯ | ᓄᓇᕗᑦ | ⵎⴰⵙⵉⵏ
李 Lee | 王小明 | 陳大文 | 山田太郎 | やまだ はなこ | ヤマダ・タロウ | ｱﾔ | 김민준 | 김 Kim
李小龍（香港） | 欧阳修 | Ｔａｒｏ　山田
"""
WEB_NAMES = """
https://www.example.org/ | http://example.org/~ann/blog?page=2#top | https://scunthorpe.gov.uk/ | https://essex.ac.uk/
https://penistone.example/ | https://www.expertsexchange.example/ | https://therapist.example/ | https://shitake.example/
https://münchen.example/ | https://xn--mnchen-3ya.example/ | https://пример.рф/ | https://xn--e1afmkfd.xn--p1ai/
https://例え.jp/ | https://한국.kr/ | https://ουτοπία.gr/ | https://ann.github.io/ | https://t-online.example/ | http://a.example:8080/
https://linktr.ee/ann | https://en.wikipedia.org/wiki/Dick_Cheney | https://user.livejournal.com/ | https://amazon.de/
"""

BAD_NAMES = {
    "abuse": ("Fuck You", "word_list", "Fuck"),
    "abuse, run together": ("fuckyou", "word_list", "fuck"),
    "abuse, spaced": ("F u c k y o u", "word_list", "F u c k"),
    "abuse, masked": ("f*ck you", "word_list", "f*ck"),
    "abuse, between signs": ("xX_fuck_Xx", "word_list", "fuck"),
    "a threat": ("Kill Yourself", "threats", "Kill Yourself"),
    "a host": ("cheap-pills.example", "link_as_name", "cheap-pills.example"),
    "a host behind a name": ("Ann, www.pills.example", "link_as_name", "www.pills.example"),
    "an address": ("https://pills.example/x", "link_as_name", "https://pills.example/x"),
    "a short link": ("bit.ly/abc", "link_as_name", "bit.ly/abc"),
    "a number": ("+1 555 010 9999", "personal_data", "+1 555 010 9999"),
    "a mailbox": ("Jo (jo@mail.example)", "personal_data", "jo@mail.example"),
    "a messenger": ("WhatsApp +1 555 010 9999", "contact_bait", "+1 555 010 9999"),
    "styled": ("𝓢𝓬𝓪𝓻𝓵𝓮𝓽", "styled_letters", "𝓢𝓬𝓪𝓻𝓵𝓮𝓽"),
    "look-alikes": ("Аdmin", "mixed_scripts", "Аdmin"),
    "hidden": ("Mo\u200bde\u200brator", "hidden_text", "\u200bde\u200b"),
    "what sells": ("Buy Viagra Online", "promotion", "Viagra"),
}
BAD_WEBSITES = {
    "abuse": ("https://fuckyou.example/", "word_list"),
    "abuse in the path": ("https://www.example.org/fuck-you", "word_list"),
    "a shortener": ("https://bit.ly/abc", "link_shortener"),
    "a messenger": ("https://t.me/richclub", "contact_bait"),
    "an address of a network": ("http://203.0.113.9/shop", "hidden_link"),
    "as one number": ("http://3405803785/", "hidden_link"),
    "in hexadecimal digits": ("http://0xcb.0x0.0x71.0x9/", "hidden_link"),
    "of IPv6": ("http://[2001:db8::1]/", "hidden_link"),
    "letters of two scripts": ("https://www.pаypal.com/", "hidden_link"),
    "under another name": ("https://pаypal.example.com/", "hidden_link"),
    "in Punycode": ("https://xn--pypal-4ve.com/", "hidden_link"),
    "all Cyrillic": ("https://xn--80ak6aa92e.com/", "hidden_link"),
    "a digit for a letter": ("https://paypa1.com/", "hidden_link"),
    "two letters for one": ("https://rnicrosoft.com/", "hidden_link"),
    "an accent": ("https://gíthub.com/", "hidden_link"),
    "a user in front": ("https://bank.example@evil.example/", "hidden_link"),
}


def judge(name: str = "Ann", website: str | None = None) -> Judgement:
    return JUDGE.judge(Comment("Thanks, I had not thought of that.", name, website), KNOWN)


def rows(table: str) -> list[str]:
    return [row.strip() for line in table.strip().splitlines() for row in line.split(" | ")]


@pytest.mark.parametrize("name", rows(HONEST_NAMES))
def test_a_persons_name_is_nothing(name: str) -> None:
    assert judge(name).findings == ()


@pytest.mark.parametrize("website", rows(WEB_NAMES))
def test_an_honest_website_passes(website: str) -> None:
    judged = judge(website=website)
    assert judged.verdict is Verdict.APPROVE, judged.findings


@pytest.mark.parametrize(("name", "rule", "marked"), BAD_NAMES.values(), ids=BAD_NAMES)
def test_what_is_no_name_is_held(name: str, rule: str, marked: str) -> None:
    judged = judge(name)
    assert judged.verdict is Verdict.PENDING
    found = [f for f in judged.findings if f.rule == rule]
    assert {f.field for f in judged.findings} == {"name"}
    assert any(marked in name[f.start : f.end] for f in found)


@pytest.mark.parametrize(("website", "rule"), BAD_WEBSITES.values(), ids=BAD_WEBSITES)
def test_a_website_that_hides_or_insults_is_held(website: str, rule: str) -> None:
    judged = judge(website=website)
    assert judged.verdict is Verdict.PENDING
    assert rule in {f.rule for f in judged.findings}
    assert {f.field for f in judged.findings} == {"website"}
