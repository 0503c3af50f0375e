"""The door for operators: `rejoinder`, one file a command group.

Each command ends with 0, with 2 for bad arguments, and with 1 and one clear line on standard error for
everything else. Nothing heavy is imported before a command runs, so that help is quick.

May enter: a group of commands, and what prints. May not: what the desk could do as well; that is a verb below.
"""

import os
import sys
from importlib import import_module
from typing import Any

import click

from service.errors import Misconfigured, Refused

# Every command: where it lives and what it does, so that help need not import them all.
COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("service.cli.up:up", "Start everything on this machine, with a demo page."),
    "web": ("service.cli.web:web", "Run the web server (production)."),
    "worker": ("service.cli.worker:worker", "Run the moderation worker and the mail sender (production)."),
    "upgrade": ("service.cli.upgrade:upgrade", "Say what this version changes for you, then migrate the database."),
    "db": ("service.cli.db:db", "Migrate the database."),
    "doctor": ("service.cli.doctor:doctor", "Check settings, database, Redis, keys, mail and clock."),
    "site": ("service.cli.site:site", "Add, show and change sites, their lists and outside checks."),
    "moderator": ("service.cli.moderator:moderator", "Add, list, change and close moderators' accounts."),
    "key": ("service.cli.api_key:key", "Add, list and revoke API keys of a site's programs."),
    "keys": ("service.cli.secret_keys:keys", "Rotate the secrets that addresses are sealed under."),
    "queue": ("service.cli.queue:queue", "Rebuild what Redis held."),
    "backup": ("service.cli.backup:backup", "Copy the database while everything runs; keep a log of erasures."),
    "restore": ("service.cli.restore:restore", "Put a backup back into an empty installation."),
    "rules": ("service.cli.rules.commands:rules", "Try, check and explain moderation rules without a server."),
}


class _Commands(click.Group):
    """Loads a command when it is called; help is written from the table."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="rejoinder", message="%(version)s")
def commands() -> None:
    """Reader comments for news sites: guests welcome, addresses sealed, every decision explained."""


def main() -> None:
    """The console script."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Runs one command and returns its exit code; never raises for what an operator can cause."""
    try:
        result: Any = commands.main(arguments, prog_name="rejoinder", standalone_mode=False)
    except click.UsageError as error:
        from service.telemetry import scrub

        # What was typed comes back in it, which may be an address or a key in the wrong place.
        click.UsageError(scrub(error.format_message()), ctx=error.ctx).show()
        return 2
    except click.ClickException as error:
        return _failed(error.format_message())
    except (click.Abort, KeyboardInterrupt):
        return _failed("stopped")
    except Misconfigured as error:
        return _failed(str(error))
    except Refused as error:
        return _failed(error.detail or error.title)
    except BrokenPipeError:
        # Whoever read our output has gone; leave Python nothing to flush into the closed pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if os.environ.get("REJOINDER_LOG_LEVEL", "").lower() == "debug":
            raise
        return _failed(_unforeseen(error))
    return result if isinstance(result, int) else 0


def _failed(line: str) -> int:
    from service.telemetry import scrub

    click.echo(f"rejoinder: {scrub(' '.join(line.split()))}", err=True)
    return 1


def _unforeseen(error: Exception) -> str:
    """One line for an error that no command expected. A database error's own text holds rows: it is not shown."""
    from redis.exceptions import ConnectionError as NoRedis
    from redis.exceptions import RedisError
    from redis.exceptions import TimeoutError as SlowRedis
    from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

    from service.database_errors import why_unreachable

    if isinstance(error, (NoRedis, SlowRedis)):
        return "Redis cannot be reached; check REDIS_URL, or start `rejoinder up` for a data folder"
    if isinstance(error, RedisError):
        return f"Redis refused a command ({type(error).__name__}); `rejoinder doctor` may know why"
    # SQLite's word for a file that is none of its own.
    if isinstance(error, OperationalError) or (isinstance(error, DBAPIError) and "not a database" in str(error.orig)):
        return why_unreachable(error)
    if isinstance(error, SQLAlchemyError):
        return f"the database refused a statement ({type(error).__name__}); is it migrated? `rejoinder db upgrade`"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return f"unexpected {type(error).__name__}: {error}; set REJOINDER_LOG_LEVEL=debug for the whole story"
