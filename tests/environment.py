"""What the machine that runs the tests has to offer: programs, data, ports."""

import os
import shutil
import socket
from pathlib import Path

import pytest

CI = os.environ.get("CI") == "true"
# Real comments and test vectors, which are no part of the project: what needs them is left out where they are not.
TEST_DATA = Path(os.environ.get("REJOINDER_TEST_DATA") or Path(__file__).parents[2] / "shared" / "data")


def unavailable(what: str) -> None:
    """Skips on a laptop, fails where everything has to be there."""
    if CI:
        pytest.fail(f"{what} is missing, and nothing may be skipped here")
    pytest.skip(f"{what} is not installed")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


# What Playwright turns off, whose own list this replaces, the pages that draw the menu of an address bar that nobody
# sees (for each window they cost more than the page that a test opens there), and a process in store for the next page.
_NOT_NEEDED = [
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "SpareRendererForSitePerProcess",
    "ThirdPartyStoragePartitioning",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    "WebUIOmniboxPopup",
]
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(_NOT_NEEDED)}",
]


def chromium() -> str:
    """The path of Debian's chromium; skips the test, or fails it in CI, where there is none."""
    found = shutil.which("chromium")
    if found is None:
        unavailable("chromium")
    assert found
    return found
