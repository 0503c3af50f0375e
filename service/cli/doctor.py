import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from service.cli.installation import Installation, on_installation
from service.errors import Misconfigured

if TYPE_CHECKING:
    from service.cli.diagnostics import Check
    from service.wiring import Services

_PASSWORD = re.compile(r"(://[^:/@]*):[^@]*@")
_HIDDEN = {"REJOINDER_SECRET_KEYS"}
_MARKS = {"ok": ("ok", "green"), "note": ("note", "yellow"), "problem": ("PROBLEM", "bold red")}


@click.command()
@click.option("--csp", "slug", metavar="SITE", help="Print the Content-Security-Policy that SITE's pages need.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def doctor(installation: Installation, slug: str | None, as_json: bool) -> None:
    """Check settings, database, Redis, keys, mail and clock, and say what to do about what is found."""
    from service.cli.diagnostics import check_all
    from service.telemetry import set_up_logging
    from service.wiring import wire

    environ = installation.process_environment()
    settings = installation.settings()
    # What goes wrong is told below, in words; the log would say it again.
    set_up_logging("critical")
    services = wire(settings)
    try:
        if slug is not None:
            _print_csp(services, slug, as_json=as_json)
            return
        checks = [_judged(installation, environ), *check_all(services)]
    finally:
        services.close()
    problems = [check for check in checks if check.level == "problem"]
    if as_json:
        found = [{"what": c.what, "level": c.level, "found": c.found, "do": c.do} for c in checks]
        click.echo(json.dumps({"ok": not problems, "checks": found, "settings": _shown(environ)}))
    else:
        _print(checks, _shown(environ), environ)
    if problems:
        rest = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        first = problems[0]
        raise Misconfigured(f"{first.what}: {first.found}; {first.do}{rest}")


def _judged(installation: Installation, environ: Mapping[str, str]) -> "Check":
    """Whose settings are judged: those of this command's own environment, which a running service need not have."""
    from service.cli.diagnostics import Check
    from service.embedded.folder import last_settings, settings_given

    judged = "judged as this command's environment has them"
    last = None if installation.data_dir is None else last_settings(installation.data_dir)
    if last is None:
        return Check("settings", "ok", f"{judged}; a service that was started elsewhere may have others")
    here = settings_given(environ)
    if here == last:
        return Check("settings", "ok", f"{judged}; the last `rejoinder up` on this folder was given the same ones")
    differing = [
        f"{words} {', '.join(names)}"
        for words, names in (
            ("it had", [name for name in last if name not in here]),
            ("it did not have", [name for name in here if name not in last]),
        )
        if names
    ]
    found = f"{judged}, not as the last `rejoinder up` on this folder: {' and '.join(differing)}"
    return Check("settings", "note", found, "run doctor with the settings that `rejoinder up` is given")


def _print_csp(services: "Services", slug: str, *, as_json: bool) -> None:
    """The widget is one script, draws its styles without inline ones, and fetches from the same place."""
    from service.cli.lookup import find_site
    from service.widget.assets import widget_script

    with services.read() as session:
        find_site(session, slug)
    origin = services.settings.public_url
    lines = [f"script-src {origin}", f"connect-src {origin}"]
    script = widget_script()
    pinned = {"src": f"{origin}/widget.{script.version}.js", "integrity": script.integrity}
    if as_json:
        click.echo(json.dumps({"site": slug, "csp": lines, "script": pinned}))
        return
    for line in lines:
        click.echo(line)
    # Beside the policy, which programs read.
    tag = f'<script type="module" src="{pinned["src"]}" integrity="{pinned["integrity"]}" crossorigin></script>'
    click.echo(f"To pin the script as this release has it:\n{tag}", err=True)


def _shown(environ: Mapping[str, str]) -> dict[str, str]:
    """Every setting as it is in effect, with what is secret hidden."""
    from service.settings import SETTINGS

    shown = {}
    for name, (default, _) in SETTINGS.items():
        value = environ.get(name, "").strip()
        if name in _HIDDEN:
            shown[name] = f"({len([word for word in value.split(',') if word.strip()])} set)" if value else ""
        else:
            shown[name] = _PASSWORD.sub(r"\1:…@", value or default)
    return shown


def _print(checks: "list[Check]", settings: Mapping[str, str], environ: Mapping[str, str]) -> None:
    from rich.console import Console
    from rich.text import Text

    from service.settings import SETTINGS

    console = Console(highlight=False, soft_wrap=True)
    marks, whats, names = (
        max(map(len, words)) + 2
        for words in ([mark for mark, _ in _MARKS.values()], [check.what for check in checks], settings)
    )
    for check in checks:
        mark, style = _MARKS[check.level]
        console.print(Text.assemble((f"{mark:<{marks}}", style), f"{check.what:<{whats}}", check.found))
        if check.do:
            console.print(Text(f"{'':{marks + whats}}{check.do}", style="dim"))
    console.print()
    for name, value in settings.items():
        origin = "" if environ.get(name) else "  (default)"
        console.print(Text.assemble((f"{name:<{names}}", "bold"), value or "-", (origin, "dim")))
        console.print(Text(f"{'':{names}}{SETTINGS[name][1]}", style="dim"))
