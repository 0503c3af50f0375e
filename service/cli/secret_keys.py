import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from service.cli.installation import Installation, on_installation

if TYPE_CHECKING:
    from service.privacy.rotation import Rotated


@click.group()
def keys() -> None:
    """Rotate the secrets that addresses are sealed under."""


@keys.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def rotate(installation: Installation, as_json: bool) -> None:
    """Seal and index everything anew under the newest secret. May be stopped and run again at any time.

    First put a new secret in front of the others and restart web and worker, so that they can read what this writes.
    """
    from rich.console import Console

    from moderation_rules.text.counting import counted
    from service.errors import Misconfigured
    from service.privacy.key_checks import oldest_key_in_use
    from service.privacy.rotation import rotate as seal_anew

    aside = Console(stderr=True, highlight=False)
    with installation.services() as services:
        with aside.status("Sealing anew…") as status:

            def progress(done: "Rotated") -> None:
                status.update(f"Sealing anew… {_sealed(done)}")

            done = seal_anew(services.read, services.write, services.keyring, services.clock.now(), progress=progress)
        with services.read() as session:
            needed = oldest_key_in_use(session, services.keyring, services.clock.now())
        older = len(services.keyring.key_ids) - 1
    if as_json:
        click.echo(json.dumps(asdict(done) | {"oldest_needed": needed}))
    else:
        secrets = counted(done.checks, "check's secret", "checks' secrets")
        click.echo(f"Sealed anew: {_sealed(done)}, {secrets}.")
        if older and needed is None:
            click.echo("Nothing needs an older secret any more: all but the newest may go.")
        elif older:
            click.echo(
                f"The older secret {needed} is still needed by what ends by itself: repeated submissions for a day, "
                "links in mails for a week, banned networks for a month. `rejoinder doctor` says when it may go."
            )
    if done.broken:
        raise Misconfigured(
            f"{counted(done.broken, 'row opens', 'rows open')} under no secret that is set; "
            "put the one that they were sealed under back"
        )


def _sealed(done: "Rotated") -> str:
    from moderation_rules.text.counting import counted

    return f"{counted(done.addresses, 'address', 'addresses')}, {counted(done.receipts, 'receipt')}"
