"""A policy, and the lists that lie beside it, as files of an operator."""

from pathlib import Path

import click


def policy_text(file: Path) -> str:
    """The policy in a file. Raises ClickException, with the line, for what is not UTF-8."""
    return read_text(file.read_bytes(), str(file))


def lists_beside(file: Path) -> dict[str, str]:
    """The texts of the lists that a policy names and that lie beside it, by name. Raises ClickException."""
    said = policy_text(file)
    return {
        path.name: read_text(path.read_bytes(), str(path))
        for path in sorted(file.parent.glob("*.txt"))
        if path.is_file() and path.name in said
    }


def read_text(raw: bytes, name: str) -> str:
    """The text of a file called `name`, without a byte order mark. Raises ClickException, with the line."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise click.ClickException(f"{name}: line {line}: not text in UTF-8") from None
