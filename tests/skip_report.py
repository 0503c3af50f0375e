"""A pytest plug-in: one line at the end about what was not run and why; in CI anything skipped is a failure."""

import os
from collections import Counter

import pytest

CI = os.environ.get("CI") == "true"


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput") or not CI:
        return
    if _missed(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    terminalreporter.write_line(summary(_skipped(config), len(terminalreporter.stats.get("deselected", []))))
    if CI and _missed(config):
        terminalreporter.write_line("Nothing may be skipped in CI.", red=True)


def summary(reasons: "Counter[str]", deselected: int) -> str:
    """`Not run: 5 (PostgreSQL is not installed), …`, or that everything ran."""
    parts = [f"{count} ({reason})" for reason, count in sorted(reasons.items())]
    if deselected:
        parts.append(f"{deselected} (REJOINDER_TEST_DATA names no folder with test data)")
    return f"Not run: {', '.join(parts)}." if parts else "Not run: nothing, everything was there."


def _missed(config: pytest.Config) -> bool:
    """Whether something could not run; what needs data that is not part of the project is left out on purpose."""
    return any(not reason.startswith("deselected") for reason in _skipped(config))


def _skipped(config: pytest.Config) -> "Counter[str]":
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    reasons: Counter[str] = Counter()
    for report in reporter.stats.get("skipped", []) if reporter else []:
        words = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[words.removeprefix("Skipped: ").strip()] += 1
    return reasons
