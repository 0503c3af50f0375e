import json

import click

from service.cli.installation import Installation, on_installation


@click.group()
def db() -> None:
    """Migrate the database."""


@db.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def upgrade(installation: Installation, as_json: bool) -> None:
    """Bring the database to the newest revision. Two at once wait for each other; a running service goes on."""
    from sqlalchemy.exc import OperationalError

    from models.migrations import state
    from service.errors import Misconfigured
    from service.wiring import make_engine

    engine = make_engine(installation.settings(make=True).database_url)
    try:
        before = state(engine)
        if before == "ahead":
            raise Misconfigured("the database was migrated by a newer Rejoinder; run that version")
        if before != "current":
            from models.migrations import upgrade as bring_up

            if not as_json:
                click.echo("Migrating the database…", err=True)
            bring_up(engine)
    except OperationalError:
        raise Misconfigured("the database cannot be reached; check DATABASE_URL") from None
    finally:
        engine.dispose()
    if as_json:
        click.echo(json.dumps({"before": before, "now": "current"}))
    else:
        click.echo("The database is up to date." if before == "current" else "The database is migrated.")
