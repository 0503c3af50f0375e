from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from moderation_rules.matching.scripts import odd
from moderation_rules.rule import Check, Hit, Reading, Rule, RuleOptions, Supplies, catches, passes


class Options(RuleOptions, frozen=True):
    letters: Annotated[int, Meta(ge=1, description="at least so many")] = 3


def prepare(options: Options, supplies: Supplies) -> Check:
    least = options.letters

    def check(reading: Reading) -> Sequence[Hit]:
        styled = odd(reading).styled
        if len(styled) < least:
            return ()
        message = f"{len(styled)} styled or enclosed letters, as fonts for filters' eyes are made of"
        return (Hit(message, "text", styled[0], styled[-1] + 1),)

    return check


RULE = Rule(
    name="styled_letters",
    title="Styled letters",
    about="Mathematical, enclosed, small-capital or full-width letters among plain ones: text dressed for filters.",
    kind="shape",
    options=Options,
    prepare=prepare,
    version=3,
    score=5,
    fields=("text", "name"),
    examples=(
        catches("Come to 𝗚𝗥𝗔𝗡𝗗 now", marks="𝗚𝗥𝗔𝗡𝗗"),
        catches("🅶🅾🅻🅳 for all"),
        catches("ｗｉｎ big"),
        catches("ᴘʀɪᴢᴇs here"),
        catches(name="𝓢𝓬𝓪𝓻𝓵𝓮𝓽", marks="𝓢𝓬𝓪𝓻𝓵𝓮𝓽"),
        passes("It covers 40 m² and costs 3 €."),
        passes("東京ＡＢＣテレビを見た"),
        passes("① 増税 ② 減税"),
        passes("Mᵐᵉ Leblanc, 1ʳᵉ adjointe au XIXᵉ siècle"),
        passes(name="María José 🌻"),
        passes("Só hoje, a 1ª vez."),
    ),
)
