import json
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

    from service.embedded.machine import Addresses


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes any free one.")
@click.option("--data-dir", metavar="DIR", help="Where everything is kept (or DATA_DIR); `data` by default.")
@click.option("--demo/--no-demo", default=True, help="Whether to set up the demo site and its page.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--mail-dir", metavar="DIR", help="Keep mails as .eml files there instead of sending them.")
@click.option("--metrics-port", type=click.IntRange(1, 65535), help="Serve Prometheus metrics there, on 127.0.0.1.")
@click.option("--json", "as_json", is_flag=True, help="Print the addresses as one line of JSON.")
@click.option("--stop-with-parent", is_flag=True, hidden=True)
def up(
    port: int,
    data_dir: str | None,
    demo: bool,
    host: str,
    mail_dir: str | None,
    metrics_port: int | None,
    as_json: bool,
    stop_with_parent: bool,
) -> None:
    """Start everything on this machine: queue, database, web server, worker, and a demo page. Ctrl-C stops it."""
    from rich.console import Console

    from service.embedded.machine import NOT_OURS, RunOptions, RunReporter, run_machine
    from service.settings.secret_files import with_secret_files

    aside = Console(stderr=True, highlight=False, soft_wrap=True)
    environ = with_secret_files(os.environ)
    ignored = [name for name in NOT_OURS if environ.get(name)]
    if ignored:
        aside.print(f"{' and '.join(ignored)} are not used here: this mode brings its own.", style="yellow")
    wishes = RunOptions(
        data_dir=Path(data_dir or environ.get("DATA_DIR") or "data"),
        host=host,
        port=port,
        demo=demo,
        mail_dir=Path(mail_dir).absolute() if mail_dir else None,
        metrics_port=metrics_port,
        stop_with_parent=stop_with_parent,
    )
    with ExitStack() as stack:
        # A spinner on a terminal, nothing elsewhere.
        status = stack.enter_context(aside.status("Starting")) if aside.is_terminal else None

        def step(what: str) -> None:
            if status is not None:
                status.start()
                status.update(what)

        def say(what: str) -> None:
            aside.print(f"rejoinder: {what}", style="yellow", markup=False)

        def ready(addresses: "Addresses") -> None:
            if status is not None:
                status.stop()
            if as_json:
                _print_json(addresses)
            else:
                print_addresses(addresses, Console(highlight=False, soft_wrap=True))

        run_machine(wishes, environ, RunReporter(step, say, ready))


def _print_json(addresses: "Addresses") -> None:
    found = {"desk": addresses.desk, "demo": addresses.demo, "sign_in": addresses.sign_in}
    click.echo(json.dumps(found))
    sys.stdout.flush()


def print_addresses(addresses: "Addresses", console: "Console") -> None:
    """Everything that one may want to open or look into, a line each."""
    console.print("[bold]Rejoinder is running.[/bold] Ctrl-C stops it.")
    if addresses.demo:
        console.print(f"  demo article  [link={addresses.demo}]{addresses.demo}[/link]")
    console.print(f"  desk          [link={addresses.desk}]{addresses.desk}[/link]")
    console.print(f"  sign in       [link={addresses.sign_in}]{addresses.sign_in}[/link]")
    console.print("                (works once, for 15 minutes)", style="dim")
    mails = addresses.mails or "none is sent; set SMTP_URL, or keep mails in files: rejoinder up --mail-dir DIR"
    metrics = addresses.metrics or "nowhere; --metrics-port PORT serves them"
    console.print(f"  mail          {mails}", style="dim", markup=False)
    console.print(f"  metrics       {metrics}", style="dim", markup=False)
    sys.stdout.flush()
