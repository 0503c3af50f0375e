"""What a backup says of itself: `manifest.json`, beside the database's copy."""

import hashlib
import os
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from service.errors import Misconfigured

MANIFEST = "manifest.json"
FORMAT = 1
_BLOCK = 1 << 20


class BackupFile(msgspec.Struct, frozen=True):
    """A file of the backup: `sha256` in hexadecimal digits, `size` in bytes."""

    name: str
    sha256: str
    size: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """`keys`: the ids of the secrets that the copy's addresses are sealed under, never the secrets; `counts`: rows of
    each table."""

    format: int
    rejoinder: str
    revision: str
    database: Literal["sqlite", "postgresql"]
    taken_at: datetime
    keys: list[str]
    counts: dict[str, int]
    files: list[BackupFile]


def described(path: Path) -> BackupFile:
    """The file's entry in a manifest."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return BackupFile(path.name, digest.hexdigest(), path.stat().st_size)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Writes it, mode 0600, and has the disk keep it and every file it names."""
    written = folder / MANIFEST
    descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
    for path in (*(folder / one.name for one in manifest.files), written, folder):
        keep_on_disk(path)


def keep_on_disk(path: Path) -> None:
    """fsync of a file or folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a whole backup whose files are as they were written. Raises Misconfigured with what is wrong."""
    try:
        text = (folder / MANIFEST).read_bytes()
    except OSError:
        raise Misconfigured(f"{folder} is no backup: it has no {MANIFEST}") from None
    try:
        form = msgspec.json.decode(text, type=dict).get("format")
        if form != FORMAT:
            raise Misconfigured(
                f"{folder} is a backup of format {form!r}, this version reads {FORMAT}; use a newer one"
            )
        manifest = msgspec.json.decode(text, type=Manifest)
    except msgspec.MsgspecError:
        raise Misconfigured(f"{folder / MANIFEST} is damaged; use another backup") from None
    for file in manifest.files:
        # The name comes from a file that others may have written: it stays in the folder.
        path = folder / Path(file.name).name
        if not path.is_file():
            raise Misconfigured(f"{path} is missing from the backup; use another one")
        if described(path) != file:
            raise Misconfigured(f"{path} is not as it was written (its SHA-256 differs); use another backup")
    return manifest
