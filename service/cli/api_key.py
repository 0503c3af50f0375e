import json

import click

from service.cli.installation import Installation, on_installation


@click.group()
def key() -> None:
    """Add API keys for a site's programs."""


@key.command()
@click.argument("slug", metavar="SITE")
@click.option("--scope", type=click.Choice(["read", "submit", "cms", "moderate", "admin"]), required=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def add(installation: Installation, slug: str, scope: str, as_json: bool) -> None:
    """Add an API key for SITE. It is shown once and kept only as a hash."""
    from service.accounts.audit import audit
    from service.accounts.keys import add_key
    from service.cli.lookup import find_site

    with installation.services() as services:
        now = services.clock.now()
        with services.write() as session:
            site = find_site(session, slug)
            made, text = add_key(session, site_id=site.id, scope=scope, now=now)
            audit(session, None, "key.add", now=now, site_id=site.id, target=made.id, details={"scope": scope})
    if as_json:
        click.echo(json.dumps({"id": made.id, "key": text, "site": slug, "scope": scope}))
        return
    click.echo(f"Key {made.id} for {slug}, scope {scope}. It is shown this once:")
    click.echo(f"  {text}")
