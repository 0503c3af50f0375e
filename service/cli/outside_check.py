import json
import sys
from typing import TYPE_CHECKING, Any

import click

from service.cli.installation import Installation, on_installation

if TYPE_CHECKING:
    from models import OutsideCheck

AKISMET_URL = "https://rest.akismet.com"


@click.group()
def check() -> None:
    """Set up outside checks: Akismet, or the site's own. Nothing is sent until the site's policy asks for it too."""


@check.command("set")
@click.argument("slug", metavar="SITE")
@click.argument("name")
@click.option("--kind", type=click.Choice(["akismet", "own"]), required=True)
@click.option("--url", help=f"Where it is asked, as https://…; for akismet {AKISMET_URL} by default.")
@click.option("--secret-stdin", is_flag=True, help="Read the API key or signing secret from standard input.")
@click.option("--send-address", is_flag=True, help="Send writers' e-mail addresses along. Off without this.")
@click.option("--timeout", type=float, default=2.0, show_default=True, help="Seconds it has to answer, 5 at most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def set_(
    installation: Installation,
    slug: str,
    name: str,
    kind: str,
    url: str | None,
    secret_stdin: bool,
    send_address: bool,
    timeout: float,
    as_json: bool,
) -> None:
    """Set up or change the check NAME of SITE.

    Without --secret-stdin a known check keeps its secret, and a new one of the kind `own` gets one, shown this once.
    """
    from models import CheckKind
    from service.cli.lookup import find_site
    from service.errors import NotFound
    from service.moderation.network.outside.setup import CheckSettings, check_named, set_up, shown
    from service.moderation.network.outside.signing import new_signing_secret

    if url is None:
        if kind != "akismet":
            raise click.UsageError("--url is needed: the address of the site's own check")
        url = AKISMET_URL
    secret = sys.stdin.readline().strip() if secret_stdin else None
    made = None
    with installation.services() as services:
        with services.read() as session:
            site = find_site(session, slug)
            if secret is None and kind == "own":
                try:
                    check_named(session, site, name)
                except NotFound:
                    secret = made = new_signing_secret()
        wanted = CheckSettings(CheckKind(kind), url, secret, send_address, timeout)
        found, is_new = set_up(services, None, site, name, wanted)
    if as_json:
        answer: dict[str, Any] = {"site": slug, **_printed(shown(found))} | ({"secret": made} if made else {})
        click.echo(json.dumps(answer))
        return
    click.echo(f"{'Set up' if is_new else 'Changed'} the check {name} of {slug}. {_line(found)}")
    if made:
        click.echo(f"Its signing secret, shown this once:\n  {made}")
    click.echo("Comments are sent once the site's policy says: rules: {outside_check: {enabled: true}}")


@check.command("list")
@click.argument("slug", metavar="SITE")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def list_(installation: Installation, slug: str, as_json: bool) -> None:
    """Show the checks of SITE, without their secrets."""
    from service.cli.lookup import find_site
    from service.moderation.network.outside.checks import asked_for
    from service.moderation.network.outside.setup import checks_of, shown
    from service.moderation.policies.in_force import settings_of

    with installation.services() as services, services.read() as session:
        site = find_site(session, slug)
        found = checks_of(session, site)
        asked = asked_for(settings_of(session, site.id), services.clock.now().date())
    if as_json:
        click.echo(json.dumps({"site": slug, "asked": asked, "checks": [_printed(shown(check)) for check in found]}))
        return
    for check in found:
        click.echo(f"{check.name}: {_line(check)}")
    if not found:
        click.echo(f"{slug} has no outside checks.")
    elif not asked:
        click.echo("None is asked: the site's policy has the rule outside_check off.")


@check.command("remove")
@click.argument("slug", metavar="SITE")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def remove(installation: Installation, slug: str, name: str, as_json: bool) -> None:
    """Remove the check NAME of SITE with its secret."""
    from service.cli.lookup import find_site
    from service.moderation.network.outside.setup import remove as remove_check

    with installation.services() as services:
        with services.read() as session:
            site = find_site(session, slug)
        remove_check(services, None, site, name)
    if as_json:
        click.echo(json.dumps({"site": slug, "removed": name}))
        return
    click.echo(f"Removed the check {name} of {slug}.")


@check.command("try")
@click.argument("slug", metavar="SITE")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def try_(installation: Installation, slug: str, name: str, as_json: bool) -> None:
    """Ask the check NAME of SITE once, about a text marked as a test, and say what came back."""
    from service.cli.lookup import find_site
    from service.errors import Misconfigured
    from service.moderation.network.outside.setup import check_named
    from service.moderation.network.outside.trial import NoAnswer, try_out

    with installation.services() as services:
        with services.read() as session:
            site = find_site(session, slug)
            found = check_named(session, site, name)
        try:
            said = try_out(services, site, found)
        except NoAnswer as error:
            raise Misconfigured(f"{name} gave no answer: {error}") from None
    if as_json:
        click.echo(json.dumps({"site": slug, "name": name, "verdict": said.verdict, "note": said.note}))
        return
    click.echo(f"{name} answers: {said.verdict}" + (f" ({said.note})" if said.note else ""))


def _printed(shown: dict[str, Any]) -> dict[str, Any]:
    return shown | {"kind": shown["kind"].value, "changed_at": shown["changed_at"].isoformat()}


def _line(check: "OutsideCheck") -> str:
    address = "with" if check.sends_address else "without"
    return f"{check.kind.value} at {check.url}, {address} writers' addresses, {check.timeout:g} s"
