"""What a phrase means by what stands around it: whether it is an order, is denied, or told of somebody else.

All positions are into a folded text.
"""

from __future__ import annotations

import re

from moderation_rules.text.folding import fold

_AROUND = 90  # characters looked at on either side
# The clause in front of a phrase: from the last sign that ends one.
_CLAUSE = re.compile(r"[^.!?;:,\n…—–()\[\]\"“”„«»]*\Z")


def _any(*words: str) -> str:
    """A pattern for one of the words, as it stands in a folded text. A `~` at its end stands for any letters."""
    told = [fold(word).text.replace("~", r"\w*") for line in words for word in line.split("|")]
    return rf"(?<!\w)(?:{'|'.join(told)})(?!\w)"


_ORDERING = _any(
    "go|go and|go on and|just|please|pls|plz|now|should|kindly|so|then|also|fucking|fuckin|literally|honestly|lol|ffs",
    "idiot|moron|loser|bitch|cunt|bastard|scum|mate|bro|better|favour and|favor and|world and|you all|y'all|y’all",
    "read this|hear this|listen|hey|ok|okay|oh|yeah|yes|dude",
    "geh|doch|einfach|por favor|anda|vete y|va|vas|allez|et|e|vai|ga|maar|иди|и|просто|git|lan|ya",
)
# What begins behind it tells somebody to do it: a clause begins there, or "go", "just", "please" lead.
BEFORE_ORDERS = re.compile(rf"(?:\A|[.!?;:,\n…—–()\[\]\"“”„«»'*~>-]\s*|@\w+\s+|{_ORDERING}\s+)\Z")
_DENYING_IN_ENGLISH = _any(
    "not|never|nobody|no one|noone|none|nothing|neither|nor|without|cannot|against|why would|whether|did|does",
    *(
        f"{verb}n't|{verb}n’t|{verb}nt"
        for verb in ["do", "does", "did", "is", "are", "was", "would", "should", "could", "ca", "wo"]
    ),
    "instead of|rather than",
)
_DENYING_ELSEWHERE = _any(
    "nadie|nunca|jamás|ne|pas|personne|jamais|nicht|niemand|keiner|keine|niemals|nie|non",
    "nessuno|mai|não|ninguém|niet|nooit|не|никто|никогда|nikt|nigdy|ingen|inte|ikke|jangan|tidak|bukan|ніхто|ніколи",
)
_NO = r"\bno\b(?! (?:i|we|you)\b)"
_BEFORE = r"\s(?:[\w'’]+\s){0,6}\Z"
_NOT = re.compile(rf"(?:{_DENYING_IN_ENGLISH}|{_DENYING_ELSEWHERE}|{_NO}){_BEFORE}")
_NOT_IN_ENGLISH = re.compile(rf"(?:{_DENYING_IN_ENGLISH}|{_NO}){_BEFORE}")
# Who begins a sentence of their own: what is denied in front of it is another matter ("you cannot hide I will …").
_ANNOUNCED = re.compile(r"(?:i|we|ill|im|imma)(?!\w)")
# It is denied by what is not thought, said or meant: "I never said I will …", but not "never forget I will …".
_CLAIMED = re.compile(
    _any(
        "think|thinks|thinking|thought|believe|believes|believed|say|says|said|saying|tell|told|telling|mean|means|meant",
        "claim|claims|claimed|claiming|suggest|suggests|suggesting|suggested|imply|implied|implying|threaten|threatened",
        "threatening|write|wrote|writing|post|posted|text|texted|shout|shouted|scream|screamed|hear|hears|heard|read",
        "promise|promised|pretend|pretending|imagine|suppose|supposed|expect|guess|joke|joked|joking|fear|feared|want",
    )
    + r"\s(?:(?!(?:but|or|and|because|so)\s)[\w'’]+\s){0,3}\Z"
)
# "Never forget that …", "no doubt …": what denies forgetting or doubting says it all the more.
_AFFIRMED = re.compile(
    r"(?<!\w)(?:forget|doubt|mistake|olvid|dud[aeo]|oubli|dout|vergiss|vergess|zweif|dimentic|dubb?i|esque[cç]|duvid"
    r"|vergeet|twijf|zapom|wątp|watp|забы|забуд|сомн|glöm|tviv|glem|lupa|ragu|unut)\w*\s(?:[\w'’]+\s){0,3}\Z"
)
_YET = re.compile(rf"{_any('until|till|unless|rest|stop|wait|bis|hasta|jusqu')}\s(?:[\w'’]+\s){{0,4}}\Z")
_SAYING = _any(
    "told|tells|telling|said|says|saying|wrote|writes|writing|written",
    "texted|texting|messaged|tweeted|posted|emailed",
    "shouted|shouting|shouts|screamed|screaming|yelled|yelling|threatened|threatening|threatens",
    "whispered|warned|hissed",
    "snarled|chanted|chanting|chants|spray-painted|spraypainted",
    "daubed|scrawled|graffiti|read|reads|reading|received|sent",
    "sends|called out|quoted|quote|sang|sings|signed|titled",
    "entitled|named|convicted|jailed|arrested|court|prosecut~|jury",
    "heard|message|messages|letter|letters|note|notes",
    "email|emails|text|texts|voicemail|tweet|tweets|comment|comments",
    "threat|threats|banner|banners|placard|placards|sign|signs|slogan|chant|song|album|film|movie|book|novel|episode",
    "lied|heißt|hieß|titel|buch|chanson|livre|canción|libro|canzone|música|песня|slogan|werbung|track|line|lyric|lyrics|headline",
    "dijo|decía|decían|dice|dicen|gritó|gritaron|gritaba|escribió|escribieron|amenazó|amenazaron|mensaje|mensajes|carta",
    "cartas|pintada|pancarta|dit|disait|disaient|écrit|crié|criait|criaient|menacé|menace|menaces|lettre|tag|pancarte",
    "sagte|sagten|sagt|schrieb|schrieben|geschrieben|rief|riefen|drohte|drohten|schrie",
    "schrien|gesagt|gedroht|brief",
    "plakat|nachricht|nachrichten|detto|disse|scritto|scrisse",
    "urlato|urlava|urlavano|minacciato|lettera|messaggio|messaggi",
    "striscione|escreveu|mensagem|mensagens|gritou|gritaram|ameaçou|faixa|zei|zeiden|schreef|riep|riepen|dreigde|bericht",
    "berichten|spandoek|сказал~|написал~|писал~|кричал~|крикнул~|угрожал~|сообщени~|письм~|плакат~",
    "powiedział~|napisał~|krzyczał~|groził~|wiadomość|list|transparent",
    "dedi|dediler|yazdı|yazmış|bağırdı|tehdit|mesaj|katanya|bilang|menulis|teriak|mengancam|pesan|surat|spanduk",
    "sa|sade|skrev|skrek|hotade|sagde|skreg|ropte|truet|skreiv|قال|كتب|هدد|कहा|लिखा|धमकी",
)
_SAID = re.compile(_SAYING)
# Nobody is told of where a sentence begins with it: "Note: …", "read this …".
_HEADING = re.compile(
    r"(?:\A|[.!?\n])\W*(?:read|note|message|text|comment|sign|quote|email|tweet|threat|letter|slogan|book|film|song)"
    r"[\s,:]*[\"'“”‘’„«»]?\Z"
)
# "I told you …" is said now, to the reader.
_I_SAY = re.compile(
    _any("i|we|ich|je|yo|eu|io|я|ik")
    + r"\s(?:\w+\s){0,2}"
    + _any("told|said|say|tell|wrote|warned|sagte|sage|dit|dis|dije|digo|говорю|zeg")
)
_WHOM = _any(
    "him|her|them|me|us|my|his|their|that|the|a|to|at|on|by|like|it|le|la|lui|ihr|ihm|mir|ihnen",
    "wife|husband|mother|mum|mom",
    "daughter|son|sister|brother|colleague|friend|family|judge|victim|woman|man|reporter|ей|ему|мне|им",
)
_SAID_JUST_NOW = re.compile(rf"{_SAYING}(?:\s{_WHOM}){{0,4}}[\s,:]*[\"'“”‘’„«»]?\Z")
_SAID_BEHIND = re.compile(
    r"[\s\w]{0,15}[,!?.]?[\"'“”’»]{0,2},?\s"
    + _any("said|says|sagt|sagte|dit|disait|dice|decía|disse|diz|zei|zegt|сказал~|mówi|powiedział~|kata")
)
_OPEN, _CLOSE = "\"'“‘„«»‚「『", "\"'”’“«»」』"
# Where words are not set apart: what is said is followed by who said it, or the other way round.
_SAID_EAST = re.compile(
    fold(
        "と言|といわ|と書|と脅|って言|と叫|などと|という|とのメール|との脅迫|との書き込み|라고|라는|이라며|고 협박"
    ).text
    + "|威胁|威脅|恐吓|恐嚇|说[:：“「]|說[:：“「]|喊着|喊道"
)


def is_announced(text: str, start: int) -> bool:
    """Whether the English phrase at `start` begins with who says it: "I will …", "we know …"."""
    return _ANNOUNCED.match(text, start) is not None


def is_denied(text: str, start: int, *, english: bool = False) -> bool:
    """Whether the clause in front of `start` denies or questions what follows: "nobody …", "did he …".

    `english`: the phrase is an English one, which no word of another language denies.
    """
    clause = _clause(text, start)
    denied = (_NOT_IN_ENGLISH if english else _NOT).search(clause)
    if denied is None or _YET.search(clause) or _AFFIRMED.search(clause, denied.start()):
        return False
    return not (english and is_announced(text, start)) or _CLAIMED.search(clause, denied.start()) is not None


def is_quoted(text: str, start: int, end: int) -> bool:
    """Whether the phrase stands in quotation marks behind who said it."""
    before, after = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    return _is_quoted(before, after) and _SAID.search(before) is not None


def is_reported(text: str, start: int, end: int) -> bool:
    """Whether the phrase is told of somebody else: in quotation marks near who said it, or right behind "told her"."""
    before, after = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    if _SAID_EAST.search(after[:20]) or _SAID_EAST.search(before[-12:]):
        return True
    if _I_SAY.search(before):
        return False
    if _SAID_JUST_NOW.search(before) and not _HEADING.search(before):
        return True
    # Behind what nothing opens, "says everybody" makes no difference.
    if _SAID_BEHIND.match(after) and any(sign in before for sign in f"{_OPEN}-–—"):
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
