"""Which installation a command works on: a data folder, or the two URLs of the environment."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from service.errors import Misconfigured

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from service.settings import Settings
    from service.wiring import Services

C = TypeVar("C", bound=Callable[..., Any])


class Installation:
    """The environment that a command works with. Nothing is read or opened before it is asked for."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = dict(environ)

    @property
    def data_dir(self) -> Path | None:
        """The data folder, when this is the one-machine mode."""
        if self.environ.get("DATABASE_URL") or not self.environ.get("DATA_DIR"):
            return None
        return Path(self.environ["DATA_DIR"]).absolute()

    @property
    def public_url(self) -> str:
        """The public URL that is set, or that of the last run on the data folder; empty where there is neither."""
        from service.embedded.folder import last_public_url

        set_by_hand = self.environ.get("REJOINDER_PUBLIC_URL", "").strip().rstrip("/")
        return set_by_hand or ("" if self.data_dir is None else last_public_url(self.data_dir))

    def settings(self, *, make: bool = False) -> "Settings":
        """The settings. `make`: a data folder that is not there yet is made, with its secrets. Raises Misconfigured."""
        from service.settings import Settings

        return Settings.from_environment(self.process_environment(make=make))

    def process_environment(self, *, make: bool = False) -> dict[str, str]:
        """The environment for a process of this installation; `make` as in `settings`. Raises Misconfigured."""
        from service.embedded.folder import ensure_secrets, prepare_folder

        folder = self.data_dir
        environ = dict(self.environ)
        if folder is not None:
            environ["DATA_DIR"] = str(folder)
            if make:
                prepare_folder(folder)
            elif not folder.is_dir():
                raise Misconfigured(f"there is no data folder {folder}; `rejoinder up --data-dir {folder}` makes one")
            if not environ.get("REJOINDER_SECRET_KEYS"):
                ensure_secrets(folder)
            # Links must lead to where the instance on this folder really listens.
            environ["REJOINDER_PUBLIC_URL"] = self.public_url
        return environ

    @contextmanager
    def services(self, *, serving: bool = False, role: str = "command") -> "Iterator[Services]":
        """Everything wired, over a migrated database that our secrets open. Raises Misconfigured.

        `serving`: this starts one of the roles, so the database notes since when the newest secret is in use, and
        what an earlier version kept in Redis gets its present name. `role`: see `wire`.
        """
        from sqlalchemy import select

        from models import Site
        from models.migrations import state
        from service.backup.unfinished import refuse_unfinished
        from service.privacy.key_checks import check_ring, remember_ring
        from service.queue.old_names import move_old_names
        from service.telemetry import set_up_logging
        from service.wiring import wire

        settings = self.settings()
        set_up_logging(settings.log_level if self.environ.get("REJOINDER_LOG_LEVEL") else "warning")
        services = wire(settings, role=role)
        try:
            require_schema(services.engine, state)
            refuse_unfinished(services.engine)
            with services.read() as session:
                check_ring(session, services.keyring)
                site_ids = list(session.scalars(select(Site.id)))
            if serving:
                with services.write() as session:
                    remember_ring(session, services.keyring, services.clock.now())
                move_old_names(services.slow_redis, site_ids, services.know_one_of)
            yield services
        finally:
            services.close()


def require_schema(engine: "Engine", state: "Callable[[Engine], str]") -> None:
    """Raises Misconfigured when the database's tables are not the ones this code works with."""
    from sqlalchemy.exc import DBAPIError

    from service.database_errors import why_unreachable

    try:
        found = state(engine)
    except DBAPIError as error:
        raise Misconfigured(why_unreachable(error)) from None
    if found == "incomplete":
        raise Misconfigured("the database lacks a part of its schema; `rejoinder doctor` says which")
    if found in {"empty", "behind"}:
        raise Misconfigured("the database is not migrated; run `rejoinder db upgrade` first")
    if found == "ahead":
        raise Misconfigured("the database was migrated by a newer Rejoinder; run that version")


def on_installation(command: C) -> C:
    """Gives a command `--data-dir` and, as its first argument, the Installation."""

    @click.option(
        "--data-dir",
        metavar="DIR",
        help="Folder of the one-machine mode (or DATA_DIR); otherwise DATABASE_URL and REDIS_URL.",
    )
    @wraps(command)
    def with_installation(*args: Any, data_dir: str | None, **kwargs: Any) -> Any:
        return command(Installation(environment(data_dir, os.environ)), *args, **kwargs)

    return with_installation  # type: ignore[return-value]


def environment(data_dir: str | None, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment with `--data-dir` in it: a folder named by hand wins over URLs that happen to be set."""
    from service.settings.secret_files import with_secret_files

    found = with_secret_files(environ)
    if data_dir:
        found["DATA_DIR"] = data_dir
        found.pop("DATABASE_URL", None)
        found.pop("REDIS_URL", None)
    return found
