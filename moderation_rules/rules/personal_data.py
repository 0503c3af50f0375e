from __future__ import annotations

import re
from collections.abc import Sequence

from moderation_rules.matching.contact_data import contact_data
from moderation_rules.rule import Check, Code, Hit, NoOptions, Reading, Rule, Supplies, catches, passes

_MOST = 5
_SIGNS = re.compile(r"@|\bat\b|\bdot\b", re.IGNORECASE)  # what an address in a name has, if not a number
_CODES = (
    Code("email", "an e-mail address"),
    Code("iban", "a bank account"),
    Code("phone", "a phone number"),
    Code("postal", "a postal address of somebody's"),
)
_BY_KIND = {code.name: code for code in _CODES}


def prepare(options: NoOptions, supplies: Supplies) -> Check:
    def check(reading: Reading) -> Sequence[Hit]:
        if reading.field == "name" and not reading.digits and _SIGNS.search(reading.text) is None:
            return ()
        found = contact_data(reading)
        return [_BY_KIND[p.kind].hit("text", p.start, p.end) for p in found[:_MOST]] if found else ()

    return check


RULE = Rule(
    name="personal_data",
    title="Personal data",
    about="Phone numbers, e-mail addresses, bank accounts and homes, which may be somebody else's. A street and "
    "number is a home where somebody is said to live there, or with a name or postcode.",
    kind="person",
    options=NoOptions,
    prepare=prepare,
    version=3,
    score=5,
    fields=("text", "name"),
    looks_for="contact data",
    codes=_CODES,
    examples=(
        catches("Write to jo.bloggs@mail.example, he will tell you", marks="jo.bloggs@mail.example"),
        catches("Write to jo.bloggs (at) mail.example instead", marks="jo.bloggs (at) mail.example"),
        catches("It is jo dot bloggs at mail dot example", marks="jo dot bloggs at mail dot example"),
        catches("Ask robin at gmail dot com", marks="robin at gmail dot com"),
        catches("Her number is +49 30 901820, tell her", marks="+49 30 901820"),
        catches("It is 555-010-4477.", marks="555-010-4477"),
        catches("It is 0️⃣7️⃣7️⃣0️⃣0️⃣9️⃣0️⃣0️⃣1️⃣2️⃣3️⃣", marks="0️⃣7️⃣7️⃣0️⃣0️⃣9️⃣0️⃣0️⃣1️⃣2️⃣3️⃣"),
        catches("It is 0.7.7.0.0.9.0.0.1.2.3", marks="0.7.7.0.0.9.0.0.1.2.3"),
        catches("It is 07📞700📞900123", marks="07📞700📞900123"),
        passes("The hospital is on 01632 960123, the helpline on 0800 555 111."),
        passes("10 9 8 7 6 5 4 3 2 1 0 and lift-off; 6-4, 3-6, 7-6, 6-7, 10-8."),
        catches("Pay to DE89 3704 0044 0532 0130 00 please", marks="DE89 3704 0044 0532 0130 00"),
        catches("He lives at 12 Elm Grove Road", marks="12 Elm Grove Road"),
        catches("She lives at 221B Baker Street, upstairs", marks="221B Baker Street"),
        catches("Er wohnt in der Lindenstraße 7", marks="Lindenstraße 7"),
        catches("Il habite 12 bis, rue de la Paix", marks="12 bis, rue de la Paix"),
        catches("Vive en la calle Mayor 5", marks="calle Mayor 5"),
        catches("Rumahnya di Jl. Melati Putih No. 5", marks="Jl. Melati Putih No. 5"),
        catches("Mieszka na ul. Długa 5/7", marks="ul. Długa 5/7"),
        catches("Живёт на ул. Садовая, д. 5", marks="ул. Садовая, д. 5"),
        catches("桜町2丁目3番4号に住んでいる", marks="2丁目3番4号"),
        catches(name="Jo (jo.bloggs@mail.example)", marks="jo.bloggs@mail.example"),
        passes(name="@jo_1987"),
        catches("Jo Bloggs, 27 Elm Street, Leeds LS1 4AP", marks="27 Elm Street"),
        passes("84 Charing Cross Road and 27 Elm Street"),
        passes("The fire at 12 King Street was put out."),
        passes("Umsatz: +25000 Euro, Besucher: +10 000"),
        passes("In 2023 they spent 1 200 000 000 on 45 schools, 3.5% more."),
        passes("From 1914-1918 and 10:30-12:45"),
        passes("Nobody at 10 Downing Street answers."),
        passes("It closed in 2019. St Andrews Road was next."),
        passes("In 2017 Prof. Dr Blum said so."),
        passes("The 3 main streets and 12 lanes are shut."),
        passes("Meet us at noon (at the pier)."),
        passes("We were at the dot com party."),
        passes("Look at shop dot example, it is cheaper."),
        passes("Er kam auf Platz 3, weg 5."),
        passes("@someone said so"),
    ),
)
