from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set

from ahocorasick_rs import AhoCorasick, Implementation

from moderation_rules.matching.listed.typed_words import words_of
from moderation_rules.matching.phone_numbers import is_of_service, number_text, typed_span
from moderation_rules.rule import Check, Code, Hit, NoOptions, Reading, Rule, Supplies, catches, passes
from moderation_rules.text.folding import fold


def _any_of(words: Sequence[str]) -> str:
    """A pattern for one of the words, as it is in folded text."""
    return "|".join([re.escape(fold(word).text) for word in words])


# What may stand between the digits of one number, however it is dressed; not what parts numbers from each other.
_GAP = r"[^\w\n,;:/%$€£]{0,3}"
_HANDLE_OR_NUMBER = re.compile(
    r"\b(?:whats?\s?app|telegram|signal|wechat|viber|skype|kik|snapchat|hangouts?|zalo|телеграмм?|телега|в[ао]тсап|вайбер)\b"
    r"[^\w@+]{0,4}"
    r"(?:(?:me|us|him|her|at|on|via|now|number|id|is|number is|contact)\b[^\w@+]{0,4}){0,4}"
    rf"(?:@\w{{3,}}|\+?\d(?:{_GAP}\d){{7,}})",
    re.IGNORECASE,
)
# Names of accounts where words are not set apart: WeChat and QQ in Chinese, KakaoTalk in Korean, LINE in Japanese.
_ACCOUNT = re.compile(
    r"(?:(?:[微薇威][信芯]|(?<![a-z])(?:v信|vx|wx|qq|line\s?id|kakao(?:talk)?)|카카오톡|카톡|라인|ライン)"
    r"\s?(?:号|號|群|아이디|ID)?[^\w@+]{0,4})(?=[a-z_-]{0,19}\d)@?[a-z0-9][\w-]{4,19}",
    re.IGNORECASE,
)
_CALLS = [
    "call",
    "text",
    "phone",
    "dial",
    "sms",
    "contact",
    "ring",
    "reach",
    "anrufen",
    "ruf an",
    "rufen sie",
    "ruf mich",
    "ruft uns",
    "appelez",
    "appelle",
    "contactez",
    "joignez",
    "llama",
    "llame",
    "llamen",
    "marca",
    "contacta",
    "contactar",
    "chiama",
    "chiamate",
    "chiamare",
    "contatta",
    "ligue",
    "liga",
    "ligar",
    "contate",
    "bel",
    "bellen",
    "ringen",
    "kontakta",
    "soita",
    "soittaa",
    "zadzwoń",
    "dzwoń",
    "zadzwońcie",
    "zavolej",
    "zavolejte",
    "volejte",
    "volajte",
    "hívj",
    "hívjon",
    "sună",
    "sunați",
    "pozovi",
    "pozovite",
    "nazovi",
    "nazovite",
    "звони",
    "звоните",
    "позвони",
    "позвоните",
    "звонить",
    "телефонуйте",
    "дзвоніть",
    "обадете се",
    "καλέστε",
    "τηλεφωνήστε",
    "ara",
    "arayın",
    "arayınız",
    "hubungi",
    "telepon",
    "telpon",
    "gọi",
    "liên hệ",
    "piga simu",
    "tawagan",
    "اتصل",
    "اتصلوا",
    "تماس",
    "התקשר",
    "התקשרו",
    "חייגו",
]
_CALLS_UNSPACED = [
    "โทร",
    "ติดต่อ",
    "拨打",
    "撥打",
    "打电话",
    "打電話",
    "致电",
    "致電",
    "お電話",
    "電話番号",
    "전화",
    "연락",
    "कॉल",
    "फोन",
    "কল",
    "ফোন",
]
_CALL = re.compile(
    rf"(?:\b(?<!don't )(?<!don’t )(?<!do not )(?<!wait for a )(?<!never )(?:{_any_of(_CALLS)})\b"
    rf"|{_any_of(_CALLS_UNSPACED)})"
    rf"[^\d\n]{{0,30}}?(\+?\(?\d(?:{_GAP}\d){{7,}})",
    re.IGNORECASE,
)
# To see that nobody says any of it is ten times faster than to look for the pattern.
_CALLING = AhoCorasick([fold(word).text for word in [*_CALLS, *_CALLS_UNSPACED]], implementation=Implementation.DFA)
_CRYPTO = re.compile(
    r"\b(?:bc1[ac-hj-np-z02-9]{25,59}|[13][1-9A-HJ-NP-Za-km-z]{26,34}|0x[0-9a-fA-F]{40}|T[1-9A-HJ-NP-Za-km-z]{33})\b"
)
_HANDLE = re.compile(r"\b(?:t\.me|wa\.me|telegram\.me|chat\.whatsapp\.com|discord\.gg)/\S{3,}", re.IGNORECASE)
_INVITED = (".me/", "chat.whatsapp.com/", "discord.gg/")
# One of these is in every name that `_HANDLE_OR_NUMBER` (`_ACCOUNT`) looks for.
_MESSENGERS = (
    *("what", "telegram", "signal", "wechat", "viber", "skype", "kik", "snapchat", "hangout", "zalo"),
    *("телегра", "телега", "тсап", "вайбер"),
)
_NAMED = ("vx", "wx", "qq", "line", "kakao", "信", "芯", "카카오톡", "카톡", "라인", "ライン")
# What patterns take for a letter of these names although it is not its small or capital form.
_ODD_FORMS = frozenset("\u0130\u0131\u017f\u212a\ua64a\ua64b").union(map(chr, range(0x1C80, 0x1C8B)))
_NUMBER = 7  # digits of the shortest number to call
_ADDRESS = 27  # characters of the shortest address of a cryptocurrency

_MESSENGER = Code("messenger", "a messenger's handle or number")
_PHONE = Code("phone", "asks to call a number")
_COIN = Code("crypto", "an address of a cryptocurrency")
_INVITATION = Code("invitation", "an invitation to a messenger")


def prepare(options: NoOptions, supplies: Supplies) -> Check:
    def check(reading: Reading) -> Sequence[Hit]:
        text = reading.text[: reading.searched]
        handle, digits = "@" in text, reading.digits
        # Most comments have none of what these need; to see that is much faster than to look for the patterns.
        if not handle and not digits and "/" not in text:
            return ()
        hits = []
        numbers = number_text(reading) if digits >= _NUMBER else ""
        # Names of messengers are looked for as typed: folded, those in Cyrillic have letters of two scripts.
        lower = text.lower()
        sought = handle or digits >= _NUMBER
        if sought and _may_name(reading.strange, lower, _MESSENGERS) and (found := _HANDLE_OR_NUMBER.search(text)):
            hits.append(_MESSENGER.hit("text", *found.span()))
        elif numbers and reading.strange and _may_be_folded(reading) and (found := _HANDLE_OR_NUMBER.search(numbers)):
            hits.append(_MESSENGER.hit("text", *typed_span(reading, *found.span())))
        if digits and _may_name(reading.strange, lower, _NAMED) and (found := _ACCOUNT.search(text)):
            hits.append(_MESSENGER.hit("text", *found.span(), says="an account at a messenger"))
        for found in _calls(numbers) if numbers else ():
            if not is_of_service(reading, found[1], *found.span(1)):
                hits.append(_PHONE.hit("text", *typed_span(reading, *found.span())))
                break
        longest = max(map(len, words_of(reading).list), default=0) if digits else 0
        if longest >= _ADDRESS and (found := _CRYPTO.search(text)) and any(map(str.isdigit, found[0])):
            hits.append(_COIN.hit("text", *found.span()))
        if "/" in text and any(host in lower for host in _INVITED) and (found := _HANDLE.search(text)):
            hits.append(_INVITATION.hit("text", *found.span()))
        return hits

    return check


def _calls(numbers: str) -> Iterator[re.Match[str]]:
    """What `_CALL` finds in folded text, which has no capitals and nothing else that is taken for one of its letters:
    it begins where one of its words does."""
    end = 0
    for start in sorted({start for _, start, _ in _CALLING.find_matches_as_indexes(numbers, overlapping=True)}):
        if start >= end and (found := _CALL.match(numbers, start)) is not None:
            end = found.end()
            yield found


def _may_name(strange: Set[str], lower: str, names: Sequence[str]) -> bool:
    """Whether one of the names may stand in the text that has these kinds of letters, and `lower` as its small ones."""
    # A generator would take twice as long as all that it looks for.
    for name in names:
        if name in lower:
            return True
    return not _ODD_FORMS.isdisjoint(strange)


def _may_be_folded(reading: Reading) -> bool:
    """Whether a messenger's name may stand in the folded text."""
    folded = reading.folded
    return _may_name(folded.strange, folded.text[: reading.searched].lower(), _MESSENGERS)


RULE = Rule(
    name="contact_bait",
    title="Contact details as bait",
    about="Phone numbers to call, messenger handles and crypto addresses.",
    kind="spam",
    options=NoOptions,
    prepare=prepare,
    version=3,
    score=5,
    fields=("text", "name", "website"),
    looks_for="contact data",
    codes=(_MESSENGER, _PHONE, _COIN, _INVITATION),
    examples=(
        catches("WhatsApp: +1 555 010 9999 for help", marks="+1 555 010 9999"),
        catches("Telegram @quickcoach9 today"),
        catches("телеграм @bystro24", marks="@bystro24"),
        catches("想赚钱加微信 abc12345", marks="微信 abc12345"),
        catches("카톡 아이디 happy77 문의", marks="카톡 아이디 happy77"),
        catches("please call 0800 555 010 99 now", marks="0800 555 010 99"),
        catches("call me 0️⃣7️⃣7️⃣0️⃣0️⃣ 9️⃣0️⃣0️⃣1️⃣2️⃣3️⃣", marks="0️⃣7️⃣7️⃣0️⃣0️⃣ 9️⃣0️⃣0️⃣1️⃣2️⃣3️⃣"),
        catches("text ⓪⑦⑦⓪⓪ ⑨⓪⓪①②③", marks="⓪⑦⑦⓪⓪ ⑨⓪⓪①②③"),
        catches("WhatsApp ٠٧٧٠٠٩٠٠١٢٣", marks="٠٧٧٠٠٩٠٠١٢٣"),
        passes("Call the Samaritans on 116 123 or Crimestoppers on 0800 555 111."),
        passes("Ring the council on 01632 960123 and ask for the clerk."),
        catches("Pożyczki na dowód, zadzwoń teraz 600 700 800", marks="600 700 800"),
        catches("Кредит за час, звоните 8 900 123 45 67", marks="8 900 123 45 67"),
        catches("send to bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"),
        catches("join https://t.me/richclub", marks="t.me/richclub"),
        catches(name="WhatsApp +1 555 010 9999", marks="+1 555 010 9999"),
        catches(website="https://t.me/richclub", marks="t.me/richclub"),
        passes(name="Signal Mountain Dave"),
        passes("In 2019, 4,500 people called it absurd."),
        passes("WhatsApp is owned by a company in Menlo Park."),
        passes("微信有10亿用户，2023年增长很快。"),
        passes("The signal at 10.30 was late."),
    ),
)
