"""Settings that are secret may stand in a file, which `NAME_FILE` names: containers and systemd hand secrets out so."""

from collections.abc import Mapping
from pathlib import Path

from service.errors import Misconfigured

SECRET_SETTINGS = ("DATABASE_URL", "REDIS_URL", "REJOINDER_SECRET_KEYS", "SMTP_URL")


def with_secret_files(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment with each secret in place of the file that it stood in; idempotent.

    Raises Misconfigured, never with a value: where both are set, or the file is empty or cannot be read.
    """
    found = dict(environ)
    for name in SECRET_SETTINGS:
        path = found.pop(f"{name}_FILE", "").strip()
        if not path:
            continue
        if found.get(name, "").strip():
            raise Misconfigured(f"{name} and {name}_FILE are both set; keep one")
        try:
            value = Path(path).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = (error.strerror if isinstance(error, OSError) else None) or "is no text"
            raise Misconfigured(f"{name}_FILE: {path} cannot be read: {why}") from None
        if not value:
            raise Misconfigured(f"{name}_FILE: {path} is empty")
        # Secrets may stand a line each.
        found[name] = ",".join(value.split()) if name == "REJOINDER_SECRET_KEYS" else value
    return found
