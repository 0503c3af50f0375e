import json
from typing import TYPE_CHECKING, Any

import click

from service.cli.installation import Installation, on_installation

if TYPE_CHECKING:
    from service.cli.upgrade_plan.plan import Plan

_RUNS = {
    "prepared": "prepared beside whoever writes, then a short lock",
    "locked": "under a lock: who writes to its tables waits",
}


@click.command()
@click.option("--dry-run", is_flag=True, help="Say it and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def upgrade(installation: Installation, dry_run: bool, as_json: bool) -> None:
    """Say what this version changes for the installation, then migrate its database as `rejoinder db upgrade` does."""
    from service.cli.db import bring_up_to_date
    from service.errors import Misconfigured

    plan = _plan(installation, make=not dry_run)
    said: dict[str, Any] = _as_json(plan)
    if not as_json:
        _print(plan)
    if plan.database_too_old and not dry_run:
        raise Misconfigured(plan.database_too_old)
    if not dry_run:
        done = bring_up_to_date(installation)
        said |= {"migrated": {"from": done.before, "to": done.after}}
        if not as_json:
            click.echo(f"The database is at revision {done.after} now: restart web and worker.")
    if as_json:
        click.echo(json.dumps(said))


def _plan(installation: Installation, *, make: bool) -> "Plan":
    from sqlalchemy.exc import DBAPIError

    from models.migrations import CannotUpgrade
    from service.cli.upgrade_plan.plan import make_plan
    from service.database_errors import why_unreachable
    from service.errors import Misconfigured
    from service.wiring import wire

    services = wire(installation.settings(make=make))
    try:
        return make_plan(services.engine, installation.environ)
    except CannotUpgrade as error:
        raise Misconfigured(str(error)) from None
    except DBAPIError as error:
        raise Misconfigured(why_unreachable(error)) from None
    finally:
        services.close()


def _as_json(plan: "Plan") -> dict[str, Any]:
    import msgspec

    said: dict[str, Any] = msgspec.to_builtins(plan)
    return {"from": said.pop("at"), **said}


def _print(plan: "Plan") -> None:
    click.echo(f"The database is {f'at revision {plan.at}' if plan.at else 'empty'}; this version's is {plan.to}.")
    if plan.database_too_old:
        click.echo(f"\n{plan.database_too_old}.")
    if plan.breaking:
        click.echo("\nChanged since, and may need something of you:")
        for change in plan.breaking:
            click.echo(f"- {change.what}\n  {change.do}")
    if plan.settings:
        click.echo("\nSettings of this environment that nothing reads:")
        for setting in plan.settings:
            click.echo(f"- {setting.name}: {setting.do}")
    if plan.migrations:
        click.echo("\nMigrations to come:")
        for migration in plan.migrations:
            click.echo(f"- {migration.revision} {migration.what} ({_RUNS[migration.runs]})")
    if not (plan.breaking or plan.settings or plan.migrations or plan.database_too_old):
        click.echo("Nothing needs to be done.")
