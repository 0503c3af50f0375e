"""JavaScript and CSS of ours without what only people need: comments, spaces, a few optional signs.

No general minifier: names are left to `short_names`, and it counts on how our sources are written (every statement ends
in a semicolon, no regular expression after a word or a closing bracket, no nested template). The browser tests run what
comes out.
"""

import re

_JS = re.compile(
    r"""
    (?P<kept>
        '(?:[^'\\\n]|\\.)*' | "(?:[^"\\\n]|\\.)*" | `(?:[^`\\]|\\.)*`
        | (?<=[(=>,:?!&|;\s]) / (?![*/\s]) (?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+ /[a-z]*
    )
    | (?P<dropped> (?: /\*.*?\*/ | //[^\n]* | \s+ )+ )
    """,
    re.DOTALL | re.VERBOSE,
)
_WORD = re.compile(r"[\w$]")
_CODE_RULES = (
    (re.compile(r"(?<![\w$])\((\w+)\)=>"), r"\1=>"),
    (re.compile(r"\basync\((\w+)\)=>"), r"async \1=>"),
    (re.compile(r",(?=[}\])])"), ""),
    (re.compile(r";(?=})"), ""),
)

_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CSS_SIGN = re.compile(r"\s*([{};,>])\s*")


def squeeze_script(source: str) -> str:
    """The same program, shorter. Strings, templates and regular expressions stay as they are."""
    kept: list[str] = []
    code = ""
    at = 0
    for found in _JS.finditer(source):
        code += source[at : found.start()]
        at = found.end()
        if found["kept"]:
            # A private-use sign holds the place, so that the rules below see code only.
            code += chr(0xE000 + len(kept))
            kept.append(found["kept"])
        elif code and at < len(source) and _needs_space(code[-1], source[at]):
            code += " "
    code += source[at:]
    for pattern, short in _CODE_RULES:
        code = pattern.sub(short, code)
    return re.sub("[\ue000-\uf8ff]", lambda sign: kept[ord(sign[0]) - 0xE000], code)


def _needs_space(before: str, after: str) -> bool:
    return bool(_WORD.match(before) and _WORD.match(after)) or (before == after and before in "+-")


def squeeze_styles(source: str) -> str:
    """The same style sheet, shorter."""
    text = re.sub(r"\s+", " ", _CSS_COMMENT.sub(" ", source)).strip()
    return _CSS_SIGN.sub(r"\1", text).replace(": ", ":").replace(";}", "}")
