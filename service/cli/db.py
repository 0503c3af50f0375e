import json
import sys
from typing import TYPE_CHECKING

import click

from service.cli.installation import Installation, on_installation

if TYPE_CHECKING:
    from models.migrations import Upgraded


@click.group()
def db() -> None:
    """Migrate the database."""


@db.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def upgrade(installation: Installation, as_json: bool) -> None:
    """Bring the database to the newest revision. Two at once wait for each other; a running service goes on."""
    done = bring_up_to_date(installation)
    if as_json:
        before = "empty" if done.before is None else "current" if done.before == done.after else "behind"
        click.echo(json.dumps({"before": before, "now": "current", "from": done.before, "to": done.after}))
    elif done.before == done.after:
        click.echo(f"The database is up to date, at revision {done.after}.")
    else:
        click.echo(f"The database is migrated from {done.before or 'nothing'} to revision {done.after}.")


def bring_up_to_date(installation: Installation) -> "Upgraded":
    """Migrates, and does what migrations cannot. Raises Misconfigured."""
    from sqlalchemy.exc import DBAPIError

    from models.migrations import CannotUpgrade, state
    from models.migrations import upgrade as bring_up
    from service.database_errors import why_unreachable
    from service.errors import Misconfigured
    from service.privacy.rotation import fold_anew
    from service.wiring import wire

    services = wire(installation.settings(make=True))
    engine = services.engine
    try:
        if sys.stderr.isatty() and state(engine) in {"empty", "behind"}:
            click.echo("Migrating the database…", err=True)
        done = bring_up(engine)
        # What a migration cannot do: it has no secret to open an address with.
        fold_anew(services.read, services.write, services.keyring)
    except CannotUpgrade as error:
        raise Misconfigured(str(error)) from None
    except DBAPIError as error:
        raise Misconfigured(why_unreachable(error)) from None
    finally:
        services.close()
    return done
