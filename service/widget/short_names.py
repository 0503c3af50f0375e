"""Shorter names for what a script of ours declares, so that readers fetch less. What it says to others keeps its name.

There are two scopes: the module's, and each of its statements with all that stands inside, where one name is one name.
It counts on our sources as `script_tokens` does, and on names that are declared nowhere but mean something global.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import count, product
from string import ascii_letters, ascii_uppercase

from service.widget.script_tokens import CLOSING, INSIDE, OPENING, Token, read_tokens, statements, with_templates


def shorten_names(script: str) -> str:
    """The same program with short names for its own constants, variables and parameters."""
    tokens = read_tokens(script)
    parts = list(statements(tokens))
    # Nothing that stands there already may come to mean something else.
    taken = {token.text for token in with_templates(tokens)}
    own = {name for part in parts for name in _module_name(part)}
    shared = _short(tokens, own, taken, ascii_uppercase)
    taken |= set(shared.values())
    # The same name is short for the same one in every statement, where it can be: what repeats is packed better.
    known: dict[str, str] = {}
    return "".join(_write(part, shared | _short(part, _declared(part) - own, taken, known=known)) for part in parts)


def join_declarations(script: str) -> str:
    """`const a=1;const b=2;` -> `const a=1,b=2;`."""
    out: list[str] = []
    # For the module and each open bracket: the `const` or `let` of the statement read there, `(` or `[`, or none.
    open_ = [""]
    begins = joins = False
    tokens = read_tokens(f";{script}")
    for token, after in zip(tokens, [*tokens[1:], Token("", "sign")], strict=True):
        if joins:
            # The keyword that the comma stands for, and the space behind it.
            joins = after.role == "space"
            continue
        if begins:
            open_[-1] = token.text if token.text in {"const", "let"} else ""
        begins = token.text == "{" or (token.text in {";", "}"} and open_[-1 - (token.text == "}")] == "")
        if token.text in OPENING:
            open_.append("" if token.text == "{" else token.text)
        elif token.text in CLOSING:
            open_.pop()
        elif token.text == ";" and open_[-1] in {"const", "let"}:
            joins, begins = after.text == open_[-1], after.text != open_[-1]
        out.append("," if joins else token.text)
    return "".join(out)[1:]


def _module_name(part: Sequence[Token]) -> set[str]:
    """What a statement of the module declares."""
    solid = [token.text for token in part if token.role != "space"]
    return {solid[1]} if solid[:1] in (["const"], ["let"]) else set()


def _short(
    tokens: Sequence[Token],
    declared: Collection[str],
    taken: Collection[str],
    letters: str = ascii_letters,
    *,
    known: dict[str, str] | None = None,
) -> dict[str, str]:
    """The most used first. What stands for a property too keeps its name: else both would have to be said there.

    `known`: what other statements call them, which grows by those that are new.
    """
    roles = Counter(token for token in with_templates(tokens) if token.text in declared)
    worth = [
        name
        for (name, role), _ in roles.most_common()
        if role == "name" and not roles[Token(name, "short")] and len(name) > 1
    ]
    known = {} if known is None else known
    found: dict[str, str] = {}
    for name in worth:
        if known.get(name, "") not in {"", *found.values()}:
            found[name] = known[name]
    free = (name for name in _names(letters) if name not in taken and name not in set(found.values()))
    for name in worth:
        if name not in found:
            found[name] = next(free)
            known.setdefault(name, found[name])
    return found


def _declared(tokens: Sequence[Token]) -> set[str]:
    """Names after `const` and `let`, in patterns there, and parameters of arrow functions."""
    found: set[str] = set()
    starts: list[int] = []
    group: Sequence[Token] = ()
    solid = [token for token in tokens if token.role != "space"]
    for n, token in enumerate(solid):
        before = solid[n - 1].text if n else ""
        if before in {"const", "let"}:
            found |= _variables([token])
        if token.text == "=>":
            found |= _variables(group if before == ")" else solid[n - 1 : n])
        elif token.text in OPENING:
            starts.append(n)
        elif token.text in CLOSING:
            start = starts.pop()
            group = solid[start:n]
            if start and solid[start - 1].text in {"const", "let"}:
                found |= _variables(group)
    return found


def _variables(tokens: Sequence[Token]) -> set[str]:
    return {token.text for token in tokens if token.role in {"name", "short"}}


def _write(tokens: Sequence[Token], names: Mapping[str, str]) -> str:
    out = []
    for text, role in tokens:
        if role == "template":
            out.append(INSIDE.sub(lambda code: _write(read_tokens(code[0]), names), text))
        elif role == "short" and text in names:
            out.append(f"{text}:{names[text]}")
        else:
            out.append(names.get(text, text) if role == "name" else text)
    return "".join(out)


def _names(letters: str) -> Iterator[str]:
    return ("".join(name) for length in count(1) for name in product(letters, repeat=length))
