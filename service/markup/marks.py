"""Marks on letters, as many as languages put there.

A letter of Tibetan, Burmese or pointed Hebrew carries five or six. Thousands on one letter are drawn far over whatever
stands above and below, and nobody reads them.
"""

import unicodedata

MOST_MARKS = 8  # behind one character


def without_piles(text: str) -> str:
    """The text with at most `MOST_MARKS` marks behind each other character; the first ones stay.

    What is not drawn at all (joiners, signs of direction) begins no new letter, and stays.
    """
    if text.isascii() or len(text) <= MOST_MARKS:
        return text
    categories = {char: unicodedata.category(char) for char in set(text)}
    marks = {char for char, category in categories.items() if category[0] == "M"}
    if not marks:
        return text
    unseen = {char for char, category in categories.items() if category == "Cf"}
    kept: list[str] = []
    seen = 0
    for char in text:
        if char in marks:
            seen += 1
            if seen > MOST_MARKS:
                continue
        elif char not in unseen:
            seen = 0
        kept.append(char)
    return "".join(kept)
