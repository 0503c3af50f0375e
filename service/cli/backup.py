import json
from pathlib import Path
from typing import cast

import click

from service.cli.installation import Installation, on_installation


@click.command()
@click.argument("folder", metavar="DIR", required=False, type=click.Path(path_type=Path))
@click.option(
    "--erasures",
    "log",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Add what was withdrawn, revoked or closed to this log, for `rejoinder restore --erasures`.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def backup(installation: Installation, folder: Path | None, log: Path | None, as_json: bool) -> None:
    """Copy the database into the new folder DIR while everything runs; and/or bring a log of erasures up to date.

    Addresses stay sealed. The secrets are not in it: keep them apart.
    """
    import msgspec

    from service.backup.erasures import append_log, is_cut_off
    from service.backup.take import take_backup

    if folder is None and log is None:
        raise click.UsageError("Name the folder DIR, --erasures FILE, or both.")
    said: dict[str, object] = {}
    with installation.services() as services:
        if folder is not None:
            said = msgspec.to_builtins(take_backup(services, folder))
        if log is not None:
            if is_cut_off(log):
                click.echo(f"The last line of {log} is cut off; it is written anew.", err=True)
            with services.read() as session:
                said["erasures_added"] = append_log(session, log, services.clock.now())
    if as_json:
        click.echo(json.dumps(said))
        return
    if folder is not None:
        kept = "the file `secrets` of the data folder" if installation.data_dir else "REJOINDER_SECRET_KEYS"
        keys = ", ".join(map(str, cast(list[object], said["keys"]))) or "none yet"
        click.echo(
            f"The backup is in {folder}. It is sealed under the secrets with these ids: {keys}; keep {kept} apart."
        )
    if log is not None:
        click.echo(f"Added {said['erasures_added']} lines to {log}.")
