from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation_rules.rule import Check, Example, Hit, Reading, Rule, Supplies
from moderation_rules.values import Comment


def prepare(options: Mapping[str, Any], supplies: Supplies) -> Check:
    wanted = frozenset(map(_main, (*options["languages"], *supplies.site_languages)))

    def check(reading: Reading) -> Sequence[Hit]:
        language = reading.comment.language
        if not wanted or language is None or language == "und" or _main(language) in wanted:
            return ()
        message = f"written in {language}; the site expects {', '.join(sorted(wanted))}"
        return (Hit(message, "text", 0, len(reading.text), _main(language)),) if reading.text else ()

    return check


def _main(language: str) -> str:
    return language.partition("-")[0].lower()


RULE = Rule(
    name="wrong_language",
    about="Written in another language than those of the site; silent where the language is not known.",
    kind="shape",
    prepare=prepare,
    score=2,
    options={"languages": {"type": "array", "items": {"type": "string", "maxLength": 35}, "default": []}},
    examples=(
        Example(Comment("Das ist doch gut.", language="de"), True, options={"languages": ["en"]}),
        Example(Comment("Das ist doch gut.", language="de-AT"), False, options={"languages": ["de"]}),
        Example(Comment("Das ist doch gut."), False, options={"languages": ["en"]}),
        Example(Comment("Das ist doch gut.", language="de"), False),
    ),
)
