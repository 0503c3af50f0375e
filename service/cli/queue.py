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

    from moderation_rules.text.counting import counted
    from service.moderation.outbox.rebuild import rebuild as make_anew

    with installation.services() as services:
        with Console(stderr=True, highlight=False).status("Rebuilding…"):
            done = make_anew(services)
    if as_json:
        click.echo(json.dumps({"sent": done.sent, "pending": done.pending}))
    else:
        waiting = counted(done.pending, "waits", "wait")
        click.echo(f"Sent {counted(done.sent, 'comment')} to be judged; {waiting} for a moderator.")
