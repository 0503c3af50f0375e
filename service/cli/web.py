import os
import tempfile
from pathlib import Path

import click

from service.cli.installation import Installation, on_installation
from service.embedded.roles import (
    WEB_PROCESSES,
    WEB_THREADS,
    fresh_folder_for_metrics,
    web_command,
    with_metrics_listener,
)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--processes", type=click.IntRange(1, 64), default=WEB_PROCESSES, show_default=True)
@click.option("--threads", type=click.IntRange(1, 256), default=WEB_THREADS, show_default=True, help="Per process.")
@click.option("--metrics-port", type=click.IntRange(1, 65535), help="Serve Prometheus metrics there.")
@click.option("--metrics-host", default="127.0.0.1", show_default=True)
@on_installation
def web(
    installation: Installation,
    host: str,
    port: int,
    processes: int,
    threads: int,
    metrics_port: int | None,
    metrics_host: str,
) -> None:
    """Run the web server against DATABASE_URL and REDIS_URL. Starts granian in its own place."""
    from service.embedded.port import claim_port, warning_about

    # Looked at here as well, so that what is wrong is one clear line and not a process that keeps dying.
    claim_port(host, port)
    if warning := warning_about(host):
        click.echo(f"rejoinder: {warning}", err=True)
    if metrics_port:
        claim_port(metrics_host, metrics_port, "--metrics-port")
    with installation.services(serving=True) as services:
        log_level = services.settings.log_level
    environ = installation.process_environment()
    if not environ.get("PROMETHEUS_MULTIPROC_DIR"):
        own = Path(tempfile.gettempdir()) / f"rejoinder-metrics-{os.geteuid()}-{port}"
        environ["PROMETHEUS_MULTIPROC_DIR"] = fresh_folder_for_metrics(own)
    if metrics_port:
        environ["REJOINDER_METRICS"] = with_metrics_listener(
            environ.get("REJOINDER_METRICS"), metrics_host, metrics_port
        )
    command = web_command(host=host, port=port, processes=processes, threads=threads, log_level=log_level)
    # Our place is taken, not shared: whoever stops this process stops granian.
    os.execve(command[0], command, environ)  # noqa: S606
