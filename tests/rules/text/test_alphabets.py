"""Whose letters look like another's, and how that is said to a moderator."""

import pytest

from moderation_rules import Comment, Facts, compile_policy, default_policy
from moderation_rules.text.alphabets import foreign_letters


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("p\u0430ypal", "“\u0430” is Cyrillic"),
        ("\u0410m\u0430z\u043en", "“\u0410”, “\u0430” and “\u043e” are Cyrillic"),
        ("\u043f\u0440u\u0432\u0435\u0442", "“u” is Latin"),
        ("\u0430z", "“\u0430” is Cyrillic"),
        ("\u0410\u03b2ab", "“\u0410” is Cyrillic, “\u03b2” is Greek"),
        ("\u0430\u0431\u0432\u0433\u0434abcdefgh", "“\u0430”, “\u0431”, “\u0432” and “\u0433” are Cyrillic"),
        ("plain", ""),
        ("\u043f\u0440\u0438\u0432\u0435\u0442", ""),
        ("1-2", ""),
    ],
)
def test_which_letter_is_of_which_script(word, said):
    assert foreign_letters(word) == said


@pytest.mark.parametrize(
    ("text", "rule", "said"),
    [
        ("Log in to p\u0430ypal now", "mixed_scripts", "“p\u0430ypal”: “\u0430” is Cyrillic"),
        (
            "See https://login.p\u0430ypal.com/",
            "hidden_link",
            "login.paypal.com; in “login.p\u0430ypal.com” “\u0430” is Cyrillic",
        ),
        ("See https://xn--80ak6aa92e.com/", "hidden_link", "“\u04cf” and “\u0435” are Cyrillic"),
        ("See https://paypa1.com/", "hidden_link", "look-alike letters: paypal.com"),
    ],
)
def test_the_reason_names_the_letters(text, rule, said):
    judged = compile_policy(default_policy()).judge(Comment(text), Facts(approved_before=3))
    assert next(found.message for found in judged.findings if found.rule == rule).endswith(said)
