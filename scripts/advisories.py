"""Why PyPI's advisories say nothing here, on standard error; exits 1 where they do not answer.

`pip-audit` takes a project that is not found for one that nobody has. Where a mirror with packages alone stands in
PyPI's place, that is said of the first package, whichever it is.
"""

import sys
import urllib.error
import urllib.request

# One that is there, asked for as `pip-audit` asks.
KNOWN = "https://pypi.org/pypi/pip/24.0/json"
PATIENCE_SECONDS = 15.0


def missing(url: str) -> str | None:
    """What keeps the advisories from answering; None where they do."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310
            answer.read(1)
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return f"{url} is not there, though the package is: what stands in PyPI's place here has no advisories"
        return f"{url} answers {error.code}"
    except OSError as error:
        return f"{url} cannot be reached ({error})"
    return None


def main() -> int:
    found = missing(sys.argv[1] if len(sys.argv) > 1 else KNOWN)
    if found is None:
        return 0
    print(
        f"audit: no package was checked. {found}. Run it where PyPI itself can be reached, or ask OSV: "
        "PIP_AUDIT_VULNERABILITY_SERVICE=osv make audit",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
