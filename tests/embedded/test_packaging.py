"""What is installed is what was tested: every file that the code reads, every package by its version."""

import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from service.settings import SETTINGS
from service.settings.secret_files import SECRET_SETTINGS

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
_PIN = re.compile(r"^[a-z0-9-]+==[0-9][0-9a-z.]*$")


def _pins() -> dict[str, str]:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert all(_PIN.match(line) for line in lines), "a pin is a name and a version, nothing else"
    return dict(line.split("==") for line in lines)


def test_every_requirement_is_pinned_to_a_version_it_allows() -> None:
    pins = _pins()
    extras = PROJECT["project"]["optional-dependencies"]
    for text in [*PROJECT["project"]["dependencies"], *(line for extra in extras.values() for line in extra)]:
        wanted = Requirement(text)
        pin = pins.get(canonicalize_name(wanted.name))
        assert pin, f"{wanted.name} is not in constraints.txt"
        assert wanted.specifier.contains(pin), f"constraints.txt has {wanted.name} {pin}, pyproject.toml {wanted}"


def test_every_file_beside_the_code_is_part_of_the_package() -> None:
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["*"]
    for room in ("service", "models", "moderation_rules"):
        for file in (ROOT / room).rglob("*"):
            if file.is_file() and file.suffix not in {".py", ".pyc"} and not file.name.startswith("."):
                assert any(fnmatch(file.name, pattern) for pattern in patterns), file.relative_to(ROOT)


def test_the_image_gets_what_it_copies() -> None:
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied: set[str] = set()
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            copied |= set(line.split()[1:-1])
    assert copied == let_in
    assert all((ROOT / name).exists() for name in copied)


def test_compose_passes_every_setting_and_every_file_of_a_secret() -> None:
    composed = yaml.safe_load((ROOT / "compose.yaml").read_text())
    passed = set(composed["services"]["web"]["environment"])
    # The folder of the one-machine mode has no part in it.
    assert passed == (set(SETTINGS) - {"DATA_DIR"}) | {f"{name}_FILE" for name in SECRET_SETTINGS}
    assert all("logging" in service for service in composed["services"].values())
    # A port of the host's can be had by one container only.
    assert "ports" not in composed["services"]["web"]
