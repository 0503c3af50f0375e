"""`rejoinder db upgrade` in a process of its own, ready to go when its standard input ends: several start at once.

python -m tests.migrations.an_upgrade [ARGUMENT]...
"""

import sys

# Whatever the command imports on its way, so that only its work is left.
import psycopg  # noqa: F401

import models.migrations  # noqa: F401
import service.wiring  # noqa: F401
from service.cli import run


def main(arguments: list[str]) -> int:
    print("ready", flush=True)
    sys.stdin.read()
    return run(["db", "upgrade", *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
