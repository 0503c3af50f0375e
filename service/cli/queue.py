import json

import click

from service.cli.installation import Installation, on_installation


@click.group()
def queue() -> None:
    """Rebuild what Redis held."""


@queue.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def rebuild(installation: Installation, as_json: bool) -> None:
    """Rebuild stream and backlog from the database: after a flush, a failover, or a new Redis. Safe to repeat."""
    from rich.console import Console

    from service.moderation.outbox.rebuild import rebuild as make_anew

    with installation.services() as services:
        with Console(stderr=True, highlight=False).status("Rebuilding…"):
            done = make_anew(services)
    if as_json:
        click.echo(json.dumps({"sent": done.sent, "pending": done.pending}))
    else:
        click.echo(f"Sent {done.sent} comments to be judged; {done.pending} wait for a moderator.")
