from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from moderation_rules.language.tags import among, main, name_of
from moderation_rules.rule import Check, Example, Hit, Reading, Rule, RuleOptions, Supplies
from moderation_rules.values import Comment


class Options(RuleOptions, frozen=True):
    languages: Annotated[
        tuple[Annotated[str, Meta(max_length=35)], ...], Meta(description="expected besides the page's and the site's")
    ] = ()
    shortest: Annotated[
        int,
        Meta(
            ge=1,
            le=100_000,
            description="bytes in UTF-8 that a comment must have: 30 are about 30 Latin or 10 Chinese characters",
        ),
    ] = 30


def prepare(options: Options, supplies: Supplies) -> Check:
    named = frozenset(map(main, (*options.languages, *supplies.site_languages)))
    shortest = options.shortest

    def check(reading: Reading) -> Sequence[Hit]:
        page = reading.comment.page_language
        wanted = named if page is None else named | {main(page)}
        if not wanted or len(reading.text.encode("utf-8", "replace")) < shortest:
            return ()
        language = reading.language
        if language is None or among(language, wanted):
            return ()
        expected = ", ".join(sorted(map(name_of, wanted)))
        message = f"written in {name_of(language)}; expected here: {expected}"
        return (Hit(message, "text", 0, len(reading.text), main(language)),)

    return check


_GERMAN = "Das finde ich überhaupt nicht gut."
RULE = Rule(
    name="wrong_language",
    title="Another language",
    about="Written in another language than those of the page and the site; silent where the language can't be told.",
    kind="shape",
    options=Options,
    prepare=prepare,
    score=2,
    code_is="the comment's language",
    examples=(
        Example(Comment(_GERMAN, language="de"), True, options={"languages": ["en"]}, marks=_GERMAN),
        Example(Comment(_GERMAN, language="de", page_language="en-GB"), True),
        Example(Comment(_GERMAN, language="de", page_language="en"), False, options={"languages": ["de"]}),
        Example(Comment(_GERMAN, language="de-AT"), False, options={"languages": ["de"]}),
        Example(Comment(_GERMAN), False, options={"languages": ["en"]}),
        Example(Comment(_GERMAN, language="de"), False),
        Example(Comment("Sehr gut!", language="de"), False, options={"languages": ["en"]}),
        Example(Comment("Saya tidak setuju dengan semua itu.", language="ms", page_language="id"), False),
    ),
)
