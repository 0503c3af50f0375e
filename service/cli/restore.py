import json
from pathlib import Path

import click

from service.cli.installation import Installation, on_installation


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--erasures",
    "log",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The log that `rejoinder backup --erasures FILE` kept: what it names does not come back.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def restore(installation: Installation, folder: Path, log: Path | None, as_json: bool) -> None:
    """Put the backup in DIR back into an installation that has no database yet, and fill Redis."""
    from service.backup.erasures import is_cut_off, read_log
    from service.backup.manifest import read_manifest
    from service.backup.put_back import put_back
    from service.errors import Misconfigured
    from service.settings import SECRET_FILE
    from service.telemetry import set_up_logging

    set_up_logging(installation.environ.get("REJOINDER_LOG_LEVEL") or "warning")
    erasures = [] if log is None else read_log(log)
    if log is not None and is_cut_off(log):
        click.echo(f"The last line of {log} is cut off and left out: what it named may be there again.", err=True)
    data = installation.data_dir
    if data is not None and not installation.environ.get("REJOINDER_SECRET_KEYS") and not (data / SECRET_FILE).exists():
        keys = ", ".join(read_manifest(folder).keys) or "any"
        raise Misconfigured(f"{data / SECRET_FILE} is missing: put the kept secrets (id {keys}) there first")
    done = put_back(installation.settings(make=True), folder, erasures)
    if as_json:
        answer = {
            "taken_at": done.manifest.taken_at.isoformat(),
            "counts": done.manifest.counts,
            "erased": done.erased,
            "queue": "rebuilt" if done.queue else "later",
        }
        click.echo(json.dumps(answer))
        return
    click.echo(f"Restored the backup of {done.manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC; erased again: {done.erased}.")
    if log is None:
        click.echo("No log of erasures was given: what was withdrawn or revoked since is there again.", err=True)
    if not done.queue:
        click.echo("Redis does not answer yet: the worker fills it, or `rejoinder queue rebuild`.", err=True)
