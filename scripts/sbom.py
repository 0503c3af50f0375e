"""A bill of materials, on standard output: the packages of this Python and, with `--system`, of the Debian around it.

CycloneDX 1.5, JSON (https://cyclonedx.org/docs/1.5/json/). It needs nothing but Python, so that the image can make its
own. The same packages make the same bill: it has no time and no serial number, which the specification leaves open.
"""

import json
import re
import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any
from urllib.parse import quote

DPKG_STATUS = Path("/var/lib/dpkg/status")


def python_packages() -> list[dict[str, Any]]:
    """One component for each installed distribution, by name."""
    found = {component["bom-ref"]: component for component in map(_component, distributions())}
    return [found[ref] for ref in sorted(found)]


def system_packages(status: str, distribution: str = "debian") -> list[dict[str, Any]]:
    """One component for each package that dpkg's status file says is installed."""
    found = []
    for paragraph in status.split("\n\n"):
        fields = dict(re.findall(r"^([A-Za-z-]+): (.*)$", paragraph, re.M))
        if fields.get("Status", "").endswith(" installed"):
            name, version = fields["Package"], fields["Version"]
            purl = f"pkg:deb/{distribution}/{name}@{quote(version, safe='')}?arch={fields['Architecture']}"
            found.append({"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl})
    return sorted(found, key=lambda component: str(component["bom-ref"]))


def bill(components: list[dict[str, Any]]) -> dict[str, Any]:
    """The whole document; Rejoinder itself is its subject where it is installed, and no part of it."""
    own = [component for component in components if component["name"] == "rejoinder"]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": own[0] | {"type": "application"}} if own else {},
        "components": [component for component in components if component not in own],
    }


def _component(package: Distribution) -> dict[str, Any]:
    # PEP 503's normal form, which package URLs ask for.
    name = re.sub(r"[-_.]+", "-", package.metadata["Name"]).lower()
    purl = f"pkg:pypi/{name}@{quote(package.version, safe='')}"
    component = {"type": "library", "bom-ref": purl, "name": name, "version": package.version, "purl": purl}
    licence = package.metadata.get("License-Expression")
    return component | ({"licenses": [{"expression": licence}]} if licence else {})


def main() -> None:
    components = python_packages()
    if "--system" in sys.argv[1:]:
        components += system_packages(DPKG_STATUS.read_text("utf-8"))
    json.dump(bill(components), sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
