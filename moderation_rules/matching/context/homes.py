"""What makes an address somebody's home: who is said to live there, or all that a letter would need.

A street and a house number alone are shops, museums, crime scenes and titles of films.
"""

from __future__ import annotations

import re

_BEFORE, _AFTER = 90, 70  # characters around an address that may say whose it is
_WHOSE = r"(?:his|her|their|your|ur|my|our)"
_LIVES = (
    r"(?<!used to )(?<!once )\b(?:lives?|living|resid(?:es?|ing)|stay(?:s|ing))(?! in (?:infamy|fear))\b",
    r"\b(?:wohn(?:t|e|en|haft)|lebt|haus(?:t|en)|habit(?:e|ent|ant)|demeur(?:e|ant)|r[ée]sid(?:e"
    r"|ant)|viv(?:e|en|o)|reside[nm]?"
    r"|abita(?:no)?|risiede|mora[mr]?|woont|wonen|bor|mieszka(?:ją|m)?|otur(?:uyor|uyorlar)|yaşıyor"
    r"|жив[её]т|живут|проживает|мешкає|tinggal|rumahnya|alamatnya)\b",
    r"(?:住在|家住|住址|家在|他家|她家|自宅は|住所は|家は|집은|집이|주소는|자택은)",
)
_UNSPACED = re.compile(_LIVES[-1])
_HOME = (
    rf"\b{_WHOSE} (?:own |new |old |current |parents['’]? |mum['’]s |family |private )?"
    r"(?:house|home|flat|apartment|place|door|address|digs|gaff)\b",
    r"\bhome address\b",
    r"\b(?:come|pop) (?:round |over |down |up |along )?to\b",
    r"\b(?:find|visit|reach|catch|meet|get) (?:him|her|them|you)\b",
    r"\bpay (?:him|her|them|you) a (?:little )?visit\b",
    r"\b(?:aged? )?\d\d, of\b",
    r"\b(?:seine?r?|ihre?r?|deine?r?|meine?r?) (?:wohnung|haus|adresse|anschrift)\b",
    r"\b(?:son|sa|ton|ta|leur|mon|votre) (?:adresse|domicile|maison|appart(?:ement)?)\b",
    r"\bdomicili(?:é|ée|o|ado|ada|ato|ata)\b",
    r"\b(?:su|tu|mi) (?:casa|domicilio|direcci[oó]n|piso)\b",
    r"\b(?:casa|indirizzo) (?:sua|suo|tua|tuo)\b|\b(?:il suo|la sua|il tuo) (?:indirizzo|casa)\b",
    r"\b(?:casa|endere[çc]o) (?:dele|dela|deles)\b|\bseu endere[çc]o\b|\b(?:zijn|haar|hun|je) (?:huis|adres|woning)\b",
    r"\b(?:hans|hennes|deras|din) (?:adress|adresse|hus|hem)\b|\b(?:jego|jej|ich|twój) (?:adres|dom|mieszkanie)\b",
    r"\b(?:его|её|ее|их|твой) (?:адрес|дом|квартира)\b|\b(?:alamat|rumah) (?:dia|mereka|kamu|lo)\b|\b(?:evi|adresi)\b",
)
# Nothing but a few words may stand between what says so and the address, and no end of a sentence.
_SAYS = rf"(?:{'|'.join(_LIVES)})[^.!?\n;]{{0,40}}\Z"
_LIVES_BEFORE = re.compile(
    _SAYS + r"|\bwhere (?:he|she|they|you|u) live?s?\b[\s.:,!–—-]{1,4}(?:it['’]s |that['’]s )?\Z", re.IGNORECASE
)
_HOME_BEFORE = re.compile(rf"(?:{'|'.join(_HOME)})[^.!?\n;]{{0,30}}(?:[.!?]\s)?\Z", re.IGNORECASE)
# "Jo Bloggs, 12 Elm Road", "Mrs Bloggs of 12 Elm Road"
_NAME_BEFORE = re.compile(
    r"(?:(?:\A|[.!?:;(\n]\s?|\b(?:is|was|by|called|name)\s)[A-ZÀ-ÞŁŚŻ][\w'’-]+(?: [A-ZÀ-ÞŁŚŻ][\w'’.-]*){1,2}"
    r"|\b(?:Mr|Mrs|Ms|Miss|Herr|Frau|Mme|Mlle|Sr|Sra|Signor|Signora|Pan|Pani)\.? [A-ZÀ-ÞŁŚŻ][\w'’ -]{1,40})"
    r"(?:\s?[,:–—-]\s?|,? of |, wohnhaft )\Z"
)
_LIVES_AFTER = re.compile(
    r"\A[^.!?\n;]{0,30}?(?:\bwhere (?:\w+ ){1,3}(?:lives?|resides?|stays?)\b"
    rf"|\b(?:is|was|['’]s) {_WHOSE} (?:house|home|flat|address|place)\b|(?:に|で)住んで|に住む|に自宅"
    r"|에 ?(?:살|산다|사는|거주)|住着"
    r"|\b(?:da|dort|wo (?:er|sie|die|der|das)) (?:wohnt|haust|lebt)|\boù (?:il|elle) (?:habite|vit)"
    r"|\b(?:donde|ahí|allí) vive|\bdove abita|\bonde (?:ele |ela )?mora|\bwaar (?:hij|zij|ze) woont)",
    re.IGNORECASE,
)
# What follows a street where somebody writes all that a letter needs.
_POSTCODE = re.compile(
    r"\A[^.!?\n;]{0,40}?(?:\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b|\b[A-Z]{2},? \d{5}(?:-\d{4})?\b|\b\d{5} [A-ZÀ-Þ]\w+"
    r"|\b\d{4} ?[A-Z]{2}\b|\b\d{2}-\d{3} [A-ZŁŚŻ]\w+|\b\d{5}-\d{3}\b|\b[A-Z]\d[A-Z] ?\d[A-Z]\d\b)"
)
# Who has an address for everybody to come to.
_PUBLIC = re.compile(
    r"\b(?:museum|gallery|library|shop|store|bookshop|bookstore|supermarket|market|cinema"
    r"|theat(?:re|er)|hall|office|offices"
    r"|council|court|courthouse|church|mosque|synagogue|temple|cathedral|school|college|university"
    r"|hospital|clinic|surgery"
    r"|pharmacy|station|restaurant|caf[eé]|pub|bar|club|hotel|hostel|bank|embassy|consulate"
    r"|headquarters|hq|ministry|agency"
    r"|centre|center|charity|foundation|theatre|studio|arena|stadium|company|ltd|inc|gmbh|rathaus|museo|mus[ée]e|mairie"
    r"|biblioth[eè]que|bibliothek|biblioteca|ayuntamiento|comune|kantor|muzeum|музей|библиотека"
    r"|plaque|exhibition|launch|opening"
    r"|jumble|sale|meeting|polling|protest|march|vigil|film|novel|book|album|blue plaque|commons"
    r"|parliament|galerie|laden|geschäft|schule|kirche|praxis|universit\w+"
    r"|iglesia|tienda|[ée]cole|[ée]glise|magasin|ristorante|chiesa|scuola|negozio|igreja|escola"
    r"|loja|winkel|kerk|sklep|urząd"
    r"|szkoła|магазин|школа|церковь|toko|sekolah|masjid|mp|mps)\b",
    re.IGNORECASE,
)
# Everybody's to name: the news does it every day, and stories are told of people who live there.
_NOBODYS = re.compile(
    r"(?:1[01] downing st|1600 pennsylvania ave|11 wall st|24 sussex dr|4 privet dr|742 evergreen ter"
    r"|1313 mockingbird l|31 spooner st|84 charing cross r|77 sunset strip|32 windsor gardens|12 grimmauld)",
    re.IGNORECASE,
)
_HOLMES = re.compile(r"\b(?:holmes|sherlock|watson)\b", re.IGNORECASE)


def is_home(text: str, start: int, end: int) -> bool:
    """Whether the address at `start:end` is said to be somebody's, or written out as on a letter."""
    street = text[start:end]
    before, after = text[max(0, start - _BEFORE) : start], text[end : end + _AFTER]
    if _NOBODYS.match(street) or (street.lower().startswith("221b") and _HOLMES.search(text)):
        return False
    # Without spaces between words, who lives there is taken for a part of the street's name.
    if _LIVES_BEFORE.search(before) or _LIVES_AFTER.search(after) or _UNSPACED.search(street):
        return True
    if _PUBLIC.search(before) or _PUBLIC.search(after):
        return False
    return bool(_HOME_BEFORE.search(before) or _NAME_BEFORE.search(before) or _POSTCODE.match(after))
