"""Follows the Dockerfile without an engine for containers: its steps in Debian roots, then its command.

As root, on a Debian with debootstrap and redis-server: `python3 scripts/rehearse_image.py FOLDER`. FOLDER gets the base
(kept for the next time) and a root for each stage, 700 MB in all; some minutes. `python:3.13-slim-bookworm` cannot be
had without a registry: Debian 12 with its own Python 3.11 stands in for it. Everything else is as the Dockerfile says:
what it copies, installs and runs, the bill of materials; and as compose.yaml does: user 10001 without capabilities, a
root that nobody can write to, a `/tmp` in memory. The network of that last step is one of its own.
"""

import fcntl
import json
import os
import secrets
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from string import Template

SOURCES = Path(__file__).resolve().parents[1]
BASE_IMAGE = "python:3.13-slim-bookworm"
PACKAGES = "ca-certificates,python3,python3-venv"
MIRROR = "http://deb.debian.org/debian"
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc")
# Lent by the machine while a step runs: how names are found, and whom to trust.
LENT = ("/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt")
START_SECONDS = 60
STOP_SECONDS = 20
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1


@dataclass
class Stage:
    """A root, and what the Dockerfile has said so far about the programs that run in it."""

    root: Path
    environ: dict[str, str] = field(default_factory=lambda: {"PATH": PATH})
    folder: str = "/"
    user: str = "0"
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)

    def inside(self, path: str) -> Path:
        """A path of the root's, from its present folder, as this machine sees it."""
        return self.root / os.path.normpath(os.path.join(self.folder, path)).lstrip("/")


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """A Dockerfile's instructions: the word, and the rest as one line."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for line in lines.replace("\\\n", " ").splitlines():
        if line.strip():
            word, _, rest = line.strip().partition(" ")
            yield word.upper(), rest.strip()


def build(dockerfile: str, folder: Path) -> Stage:
    """The last stage's root. Raises SystemExit for an instruction that it does not know."""
    stages: list[Stage] = []
    names: dict[str, Stage] = {}
    for word, rest in instructions(dockerfile):
        print(f"{word} {rest}"[:150], flush=True)
        if word == "FROM":
            image, *name = rest.split(" AS ")
            if image != BASE_IMAGE:
                raise SystemExit(f"nothing stands in for {image}")
            stages.append(Stage(fresh_root(folder, len(stages))))
            names |= dict.fromkeys(name, stages[-1])
            continue
        stage = stages[-1]
        if word == "RUN":
            run(stage, ["/bin/sh", "-c", rest])
        elif word == "COPY":
            copy(stage, rest.split(), names)
        elif word == "ENV":
            for name_, value in (pair.split("=", 1) for pair in shlex.split(rest)):
                stage.environ[name_] = Template(value).safe_substitute(stage.environ)
        elif word == "WORKDIR":
            stage.inside(rest).mkdir(parents=True, exist_ok=True)
            stage.folder = rest
        elif word == "USER":
            stage.user = rest
        elif word == "ENTRYPOINT":
            stage.entrypoint = json.loads(rest)
        elif word == "CMD":
            stage.command = json.loads(rest)
        elif word == "HEALTHCHECK":
            stage.health = json.loads(rest.partition("CMD ")[2])
        elif word not in {"LABEL", "EXPOSE", "STOPSIGNAL"}:
            raise SystemExit(f"{word} is not rehearsed")
    return stages[-1]


def fresh_root(folder: Path, number: int) -> Path:
    base, root = folder / "base", folder / f"stage-{number}"
    if not (base / "etc/debian_version").exists():
        subprocess.run(
            ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", base, MIRROR], check=True
        )
    if root.exists():
        shutil.rmtree(root)
    subprocess.run(["cp", "--archive", "--reflink=auto", base, root], check=True)
    (root / "usr/local/bin/python").symlink_to("/usr/bin/python3")
    return root


def copy(stage: Stage, words: list[str], names: Mapping[str, Stage]) -> None:
    """COPY: a folder's content, or files, to the last word."""
    source = names[words.pop(0).removeprefix("--from=")].root if words[0].startswith("--from=") else SOURCES
    *given, last = words
    target = stage.inside(last)
    for name in given:
        found = source / name.lstrip("/")
        if found.is_dir():
            shutil.copytree(found, target, symlinks=True, ignore=LEFT_OUT, dirs_exist_ok=True)
        elif last.endswith("/"):
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy2(found, target)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(found, target)


def run(stage: Stage, command: Sequence[str]) -> None:
    """One step, with processes and mounts of its own: nothing of it is left. Raises SystemExit when it fails."""
    lent = []
    for path in LENT:
        (stage.root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        (stage.root / path[1:]).touch()
        lent.append(f"mount --bind {path} {shlex.quote(str(stage.root) + path)}")
    script = "\n".join(["set -e", *lent, f"mount -t proc proc {shlex.quote(str(stage.root))}/proc", 'exec chroot "$@"'])
    # Where pip finds packages is a matter of this machine.
    pips = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    step = f"cd {shlex.quote(stage.folder)} && exec {shlex.join(command)}"
    done = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script]
        + ["sh", stage.root, "/bin/sh", "-c", step],
        env=pips | stage.environ | {"HOME": "/root"},
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        raise SystemExit(f"failed with {done.returncode}: {shlex.join(command)}")


def walled_in(stage: Stage, command: Sequence[str]) -> list[str]:
    """The command as compose.yaml has it run: as the image's user, with nothing that it could do more."""
    walls = ["--clear-groups", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"]
    user = [f"--reuid={stage.user}", f"--regid={stage.user}"]
    return ["chroot", str(stage.root), "setpriv", *user, *walls, *command]


def begin_trial(stage: Stage) -> None:
    """`try_out` with processes, mounts and a network of its own, which end with it. Raises SystemExit."""
    parts = ["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child", sys.executable, __file__]
    done = subprocess.run([*parts, "--trial", json.dumps(asdict(stage), default=str)], stdin=subprocess.DEVNULL)
    if done.returncode:
        raise SystemExit(done.returncode)


def try_out(stage: Stage) -> None:
    """What operators do with a new image. Raises SystemExit, CalledProcessError."""
    _loopback_up()
    root = str(stage.root)
    for words in (
        ["--bind", root, root],
        ["-o", "remount,bind,ro", root],
        ["-t", "tmpfs", "tmpfs", f"{root}/tmp"],  # noqa: S108
        ["-t", "proc", "proc", f"{root}/proc"],
    ):
        subprocess.run(["mount", *words], check=True)
    queue = subprocess.Popen(["redis-server", "--save", "", "--logfile", "/dev/null"], cwd="/")
    environ = stage.environ | {
        # In memory, as the queue: what is tried is the image.
        "DATABASE_URL": "sqlite:////tmp/rejoinder.db",
        "REDIS_URL": "redis://127.0.0.1:6379/0",
        "REJOINDER_SECRET_KEYS": secrets.token_urlsafe(48),
        "REJOINDER_DNS": "off",
    }

    def say(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        print(f"$ {shlex.join(words)}", flush=True)
        done = subprocess.run(walled_in(stage, words), env=environ, text=True, capture_output=True, cwd="/")
        print(done.stdout + done.stderr, flush=True)
        if check and done.returncode:
            raise SystemExit(f"failed with {done.returncode}")
        return done

    say("sh", "-c", "id; grep -E 'Cap(Eff|Bnd)|NoNewPrivs' /proc/self/status")
    if say("sh", "-c", "touch /opt/rejoinder/written", check=False).returncode == 0:
        raise SystemExit("the root can be written to")
    bill = json.loads((stage.root / "opt/rejoinder/sbom.cdx.json").read_text())
    subject, number = bill["metadata"]["component"]["purl"], len(bill["components"])
    print(f"bill of materials: {subject} and {number} components\n", flush=True)
    say(*stage.entrypoint, "--help")
    say(*stage.entrypoint, "db", "upgrade")
    say(*stage.entrypoint, "doctor")
    print(f"$ {shlex.join([*stage.entrypoint, *stage.command])}", flush=True)
    web = subprocess.Popen(walled_in(stage, [*stage.entrypoint, *stage.command]), env=environ, cwd="/")
    latest = time.monotonic() + START_SECONDS
    while subprocess.run(walled_in(stage, stage.health), env=environ, cwd="/", stderr=subprocess.DEVNULL).returncode:
        if web.poll() is not None or time.monotonic() > latest:
            raise SystemExit("the image's own health check fails")
        time.sleep(0.2)
    owner = (stage.root / f"proc/{web.pid}").stat().st_uid
    print(f"healthy, as user {owner}", flush=True)
    web.send_signal(signal.SIGTERM)
    if web.wait(STOP_SECONDS):
        raise SystemExit(f"SIGTERM ended it with {web.returncode}")
    queue.terminate()
    queue.wait(STOP_SECONDS)
    print("stopped; all went well", flush=True)


def _loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        flags = struct.unpack_from("h", fcntl.ioctl(asking, _SIOCGIFFLAGS, struct.pack("16sh22x", b"lo", 0)), 16)[0]
        fcntl.ioctl(asking, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | _IFF_UP))


def main(words: list[str]) -> None:
    if words[:1] == ["--trial"]:
        told = json.loads(words[1])
        try_out(Stage(**told | {"root": Path(told["root"])}))
        return
    if len(words) != 1 or words[0].startswith("-"):
        raise SystemExit(__doc__)
    missing = [name for name in ("debootstrap", "unshare", "redis-server") if shutil.which(name) is None]
    if os.geteuid() or missing:
        raise SystemExit(f"needs root{''.join(f' and {name}' for name in missing)}")
    folder = Path(words[0]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    begin_trial(build((SOURCES / "Dockerfile").read_text(), folder))


if __name__ == "__main__":
    main(sys.argv[1:])
