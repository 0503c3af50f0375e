import json

import click

from service.cli.installation import Installation, on_installation


@click.group()
def queue() -> None:
    """Rebuild what Redis held; check what is counted."""


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


@queue.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def recount(installation: Installation, as_json: bool) -> None:
    """Compare every kept count with a recount, and put right what differs. A worker does the same, a little at a time.

    Ends with exit code 1 where something differed; the log says what. Safe beside everything else.
    """
    from rich.console import Console

    from moderation_rules.text.counting import counted
    from service.moderation.outbox.recount import Recount
    from service.moderation.outbox.unlisted import list_unlisted

    with installation.services() as services:
        with Console(stderr=True, highlight=False).status("Counting…"):
            done = Recount(services)
            done.all()
            while list_unlisted(services):
                pass
    mended = sum(done.mended.values())
    if as_json:
        click.echo(json.dumps({"compared": done.compared, "mended": done.mended}))
    else:
        compared = f"{counted(done.compared['threads'], 'thread')} and {counted(done.compared['comments'], 'comment')}"
        click.echo(f"Compared {compared}; put {counted(mended, 'count')} right.")
    if mended:
        raise SystemExit(1)
