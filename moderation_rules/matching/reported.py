"""What a phrase means by what stands around it: whether it is an order, is denied, or told of somebody else.

All positions are into a folded text.
"""

from __future__ import annotations

import re

_AROUND = 90  # characters looked at on either side
# The clause in front of a phrase: from the last sign that ends one.
_CLAUSE = re.compile(r"[^.!?;:,\n…—–()\[\]\"“”„«»]*\Z")
# What begins behind it tells somebody to do it: a clause begins there, or "go", "just", "please" lead.
BEFORE_ORDERS = re.compile(
    r"(?:\A|[.!?;:,\n…—–()\[\]\"“”„«»'*~>-]\s*|@\w+\s+"
    r"|(?<![\w'’])(?:go(?: and| on and)?|just|please|pls|plz|now|should|kindly|so|then|also|fucking"
    r"|fuckin|literally|honestly"
    r"|lol|ffs|idiot|moron|loser|bitch|cunt|bastard|scum|mate|bro|better|favou?r and|world and|you all|y['’]all"
    r"|geh|doch|einfach|por favor|anda|vete y|va|vas|allez|et|e|vai|ga|maar|иди|и|просто|git|lan|ya)\s+)\Z"
)
_NOT = re.compile(
    r"(?<!\w)(?:not|never|nobody|no one|noone|none|nothing|neither|nor|without|cannot|against|why would"
    r"|whether|did|does|who|what"
    r"|(?:do|does|did|is|are|was|would|should|could|ca|wo)n['’]?t|dont|doesnt|didnt|wouldnt|shouldnt"
    r"|instead of|rather than"
    r"|no|nadie|nunca|jamás|jamas|ne|pas|personne|jamais|nicht|niemand|keiner|keine|niemals|nie|non"
    r"|nessuno|mai|nao|ninguem"
    r"|niet|nooit|не|никто|никогда|nikt|nigdy|ingen|inte|ikke|jangan|tidak|bukan|лише не|ніхто"
    r"|ніколи)\s(?:[\w'’]+\s){0,6}\Z"
)
_YET = re.compile(r"(?<!\w)(?:until|till|unless|rest|stop|wait|bis|hasta|hasta que|jusqu)\s(?:[\w'’]+\s){0,4}\Z")
_SAYING = (
    r"(?:told|tells|telling|said|says|saying|wrote|writes|writing|written|texted|texting|messaged"
    r"|tweeted|posted|emailed|shouted"
    r"|shouting|shouts|screamed|screaming|yelled|yelling|threatened|threatening|threatens|whispered"
    r"|warned|hissed|snarled|chanted"
    r"|chanting|chants|spray-?painted|daubed|scrawled|graffiti|read|reads|reading|received|sent|sends"
    r"|called out|quoted|quote"
    r"|sang|sings|signed|titled|entitled|named|convicted|jailed|arrested|court|prosecut\w+|jury|heard"
    r"|message|messages|letter|letters|note|notes|email|emails|text|texts|voicemail|tweet|tweets"
    r"|comment|comments|threats?"
    r"|banner|banners|placard|placards|sign|signs|slogan|chant|song|album|film|movie|book|novel|episode"
    r"|track|line|lyrics?|headline"
    r"|dijo|decia|decian|dice|dicen|grito|gritaron|gritaba|escribio|escribieron|amenazo|amenazaron"
    r"|mensaje|mensajes|carta|pintada"
    r"|dit|disait|disaient|ecrit|crie|criait|criaient|menace|menaces|lettre|tag|pancarte|message"
    r"|sagte|sagten|sagt|schrieb|schrieben|geschrieben|rief|riefen|drohte|drohten|schrie|gesagt|gedroht"
    r"|brief|plakat|nachricht"
    r"|detto|disse|scritto|scrisse|urlato|urlava|urlavano|minacciato|lettera|messaggio|striscione"
    r"|escreveu|gritou|gritaram|ameacou|mensagem|carta|faixa|zei|zeiden|schreef|riep|riepen|dreigde"
    r"|brief|bericht|spandoek"
    r"|сказал\w*|написал\w*|писал\w*|кричал\w*|крикнул\w*|угрожал\w*|сообщени\w*|письм\w*|плакат\w*"
    r"|powiedział\w*|napisał\w*|krzyczał\w*|groził\w*|wiadomość|list|transparent|powiedzial\w*"
    r"|napisal\w*|krzyczal\w*|grozil\w*"
    r"|dedi|dediler|yazdı|yazdi|yazmıs|bagırdı|bagirdi|tehdit|mesaj|katanya|bilang|menulis|teriak"
    r"|mengancam|pesan|surat|spanduk"
    r"|sa|sade|skrev|skrek|hotade|sagde|skreg|ropte|truet|skreiv)"
)
_SAID = re.compile(rf"(?<!\w){_SAYING}(?!\w)")
# "I told you …" is said now, to the reader.
_I_SAY = re.compile(
    r"(?<!\w)(?:i|we|ich|je|yo|eu|io|я|ik)\s(?:\w+\s){0,2}(?:told|said|say|tell|wrote|warned|sagte|sage"
    r"|dit|dis|dije|digo)(?!\w)"
)
_SAID_JUST_NOW = re.compile(
    rf"(?<!\w){_SAYING}(?:\s(?:him|her|them|me|us|my|his|their|that|the|a|to|at|on|by|like|it|le|la|lui"
    rf"|ihr|ihm|mir|me|ihnen)"
    r"(?:\s(?:wife|husband|mother|mum|mom|daughter|son|sister|brother|colleague|friend|family|judge"
    r"|victim|woman|man|reporter))?)"
    r"{0,3}[\s,:]*[\"'“”‘’„«»]?\Z"
)
_OPEN, _CLOSE = "\"'“‘„«»‚「『", "\"'”’“«»」』"
# Where words are not set apart: what is said is followed by who said it, or the other way round.
_SAID_EAST = re.compile(
    "と言|といわ|と書|と脅|って言|と叫|などと|という|との(?:脅迫|メール|書き込み)|라고|라는|이라며|威胁|威脅|恐吓|恐嚇|说[:：“「]|說[:：“「]|喊着|喊道"
)


def is_denied(text: str, start: int) -> bool:
    """Whether the clause in front of `start` denies or questions what follows: "nobody …", "did he …"."""
    clause = _clause(text, start)
    return _NOT.search(clause) is not None and _YET.search(clause) is None


def is_reported(text: str, start: int, end: int) -> bool:
    """Whether the phrase is told of somebody else: in quotation marks near who said it, or right behind "told her"."""
    before, after = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    if _SAID_EAST.search(after[:20]) or _SAID_EAST.search(before[-12:]):
        return True
    if _I_SAY.search(before):
        return False
    if _SAID_JUST_NOW.search(before):
        return True
    return _is_quoted(before, after) and bool(_SAID.search(before) or _SAID.search(after))


def _clause(text: str, start: int) -> str:
    found = _CLAUSE.search(text, max(0, start - _AROUND), start)
    return "" if found is None else found[0]


def _is_quoted(before: str, after: str) -> bool:
    """Whether a quotation is open in front, with no end of it, and is closed behind."""
    opened = max(before.rfind(sign) for sign in _OPEN if sign != "'")
    single = max(before.rfind(" '"), before.rfind("('"), 0 if before.startswith("'") else -1)
    at = max(opened, single)
    if at < 0 or any(sign in before[at + 1 :] for sign in "”»」』\n"):
        return False
    return any(sign in after for sign in _CLOSE)
