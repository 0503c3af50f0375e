"""What the image says is in it: every package of this Python, and Debian's around it."""

import json
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STATUS = """Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.36-9+deb12u10
Description: GNU C Library
 A line more.

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1.0
"""


@pytest.fixture(scope="module")
def bill() -> dict:
    command = [sys.executable, str(ROOT / "scripts" / "sbom.py")]
    return json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)


def test_every_package_is_named_with_its_version(bill: dict) -> None:
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.5", 1)
    named = {(component["name"], component["version"]) for component in bill["components"]}
    installed = {
        (found.metadata["Name"].lower().replace("_", "-").replace(".", "-"), found.version) for found in distributions()
    }
    assert {name for name, _ in installed} - {name for name, _ in named} == {"rejoinder"}
    assert bill["metadata"]["component"]["name"] == "rejoinder"
    refs = [component["bom-ref"] for component in bill["components"]]
    assert len(set(refs)) == len(refs)
    assert all(component["purl"].startswith("pkg:pypi/") for component in bill["components"])


def test_debians_packages_are_named_too() -> None:
    asking = "import sbom, sys; print(sbom.system_packages(sys.stdin.read()))"
    told = f"import sys; sys.path.insert(0, {str(ROOT / 'scripts')!r}); {asking}"
    done = subprocess.run(
        [sys.executable, "-c", told], input=STATUS, capture_output=True, text=True, check=True, timeout=60
    )
    assert "pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64" in done.stdout
    assert "gone" not in done.stdout


def test_the_image_makes_its_own() -> None:
    image = (ROOT / "Dockerfile").read_text("utf-8")
    assert "sbom.py --system > /opt/rejoinder/sbom.cdx.json" in image
    assert "!scripts/sbom.py" in (ROOT / ".dockerignore").read_text("utf-8")
