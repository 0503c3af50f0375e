"""Languages by their tags (BCP 47): which are the same, which look alike in a few words, what they are called."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

UNDETERMINED: Final = "und"

# Older codes, and the parts of what is one language to a word list.
_SAME: Final = {
    "iw": "he",
    "in": "id",
    "ji": "yi",
    "jw": "jv",
    "mo": "ro",
    "nb": "no",
    "nn": "no",
    "fil": "tl",
    "bh": "bho",
}

# Written so much alike that a comment can't tell them apart.
_ALIKE: Final = (
    {"id", "ms", "jv", "su"},
    {"no", "da"},
    {"bs", "hr", "sr", "sh", "cnr"},
    {"cs", "sk"},
    {"gl", "pt"},
    {"en", "sco"},
    {"af", "nl"},
    {"hi", "bho", "mr", "ne"},
    {"be", "uk"},
    {"bg", "mk"},
    {"de", "lb"},
    {"xh", "zu"},
)

_NAMES: Final[dict[str, str]] = dict(
    re.findall(
        r"(\w+) ([^,\n]+)",
        """
af Afrikaans, am Amharic, ar Arabic, as Assamese, az Azerbaijani, ba Bashkir, be Belarusian
bg Bulgarian, bho Bihari, bn Bengali, bo Tibetan, br Breton, bs Bosnian, ca Catalan, ceb Cebuano
co Corsican, cs Czech, cy Welsh, da Danish, de German, dv Dhivehi, dz Dzongkha, el Greek, en English
eo Esperanto, es Spanish, et Estonian, eu Basque, fa Persian, fi Finnish, fo Faroese, fr French
fy Frisian, ga Irish, gd Scottish Gaelic, gl Galician, gn Guarani, gu Gujarati, ha Hausa, he Hebrew
hi Hindi, hr Croatian, ht Haitian Creole, hu Hungarian, hy Armenian, id Indonesian, ig Igbo
is Icelandic, it Italian, ja Japanese, jv Javanese, ka Georgian, kk Kazakh, kl Greenlandic, km Khmer
kn Kannada, ko Korean, ku Kurdish, ky Kyrgyz, la Latin, lb Luxembourgish, ln Lingala, lo Lao
lt Lithuanian, lv Latvian, mg Malagasy, mi Maori, mk Macedonian, ml Malayalam, mn Mongolian
mr Marathi, ms Malay, mt Maltese, my Burmese, ne Nepali, nl Dutch, no Norwegian, oc Occitan
om Oromo, or Odia, pa Punjabi, pl Polish, ps Pashto, pt Portuguese, qu Quechua, rm Romansh
ro Romanian, ru Russian, rw Kinyarwanda, sa Sanskrit, sco Scots, sd Sindhi, si Sinhala, sk Slovak
sl Slovenian, sm Samoan, sn Shona, so Somali, sq Albanian, sr Serbian, st Sesotho, su Sundanese
sv Swedish, sw Swahili, ta Tamil, te Telugu, tg Tajik, th Thai, ti Tigrinya, tk Turkmen, tl Tagalog
tn Tswana, tr Turkish, tt Tatar, ug Uyghur, uk Ukrainian, ur Urdu, uz Uzbek, vi Vietnamese, wo Wolof
xh Xhosa, yi Yiddish, yo Yoruba, zh Chinese, zu Zulu
""",
    )
)


def in_case(tag: str) -> str:
    """The tag as it is mostly written: `EN` is `en`, `de-at` is `de-AT`."""
    language, *others = tag.split("-")
    return "-".join([language.lower(), *[part.upper() if len(part) == 2 else part for part in others]])


def main(tag: str) -> str:
    """The language alone, in its present code: `de-AT` is `de`, `nb` is `no`, `iw` is `he`."""
    language = tag.partition("-")[0].lower()
    return _SAME.get(language, language)


def same(first: str | None, second: str | None) -> bool:
    """Whether both are known and one language, whatever its region or script."""
    return first is not None and second is not None and main(first) == main(second) != UNDETERMINED


def among(tag: str, wanted: Iterable[str]) -> bool:
    """Whether it is one of these, or so like one of them that a short text can't tell."""
    found = main(tag)
    near = next((group for group in _ALIKE if found in group), {found})
    return not near.isdisjoint(map(main, wanted))


def nearest(tag: str, page: str | None) -> str:
    """The language itself, or that of the page where a short text can't tell the two apart."""
    return main(page) if page is not None and among(tag, [page]) else main(tag)


def name_of(tag: str) -> str:
    """Its name in English, or the tag itself for one without."""
    return _NAMES.get(main(tag), tag)
