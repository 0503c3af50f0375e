import json

import click

from service.cli.installation import Installation, on_installation
from service.cli.times import when


@click.group()
def key() -> None:
    """Add, list and revoke API keys of a site's programs."""


@key.command()
@click.argument("slug", metavar="SITE")
@click.option("--scope", type=click.Choice(["read", "submit", "cms", "moderate", "admin"]), required=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def add(installation: Installation, slug: str, scope: str, as_json: bool) -> None:
    """Add an API key for SITE. It is shown once and kept only as a hash."""
    from service.accounts.api_keys import create_key
    from service.cli.lookup import find_site

    with installation.services() as services:
        with services.read() as session:
            site = find_site(session, slug)
        made, text = create_key(services, None, site_id=site.id, scope=scope)
    if as_json:
        click.echo(json.dumps({"id": made.id, "key": text, "site": slug, "scope": scope}))
        return
    click.echo(f"Key {made.id} for {slug}, scope {scope}. It is shown this once:")
    click.echo(f"  {text}")


@key.command("list")
@click.argument("slug", metavar="SITE")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def list_(installation: Installation, slug: str, as_json: bool) -> None:
    """Show the keys of SITE, newest first: ids and scopes, never the keys themselves."""
    from service.accounts.api_keys import keys_of, makers_of
    from service.cli.lookup import find_site

    with installation.services() as services, services.read() as session:
        site = find_site(session, slug)
        found = session.scalars(keys_of(site.id)).all()
        makers = makers_of(session, found)
    if as_json:
        keys = [
            {
                "id": one.id,
                "scope": one.scope,
                "created_at": one.created_at.isoformat(),
                "used_at": one.used_at and one.used_at.isoformat(),
                "revoked_at": one.revoked_at and one.revoked_at.isoformat(),
                "made_by": one.made_by,
            }
            for one in found
        ]
        click.echo(json.dumps({"site": slug, "keys": keys}))
        return
    for one in found:
        end = f", revoked {when(one.revoked_at)}" if one.revoked_at else ""
        maker = makers.get(one.made_by or "")
        by = "" if maker is None else f" by {maker.name}{' (closed)' if maker.closed else ''}"
        click.echo(f"{one.id}: {one.scope}, made {when(one.created_at)}{by}, last used {when(one.used_at)}{end}")
    if not found:
        click.echo(f"{slug} has no keys.")


@key.command()
@click.argument("key_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def revoke(installation: Installation, key_id: str, as_json: bool) -> None:
    """End the key ID at once. One that was revoked before stays so."""
    from models import Site
    from service.accounts.api_keys import revoke_key
    from service.moderation.leases import end_leases

    with installation.services() as services:
        ended = revoke_key(services, None, key_id=key_id)
        end_leases(services, ended.id)
        with services.read() as session:
            slug = session.get_one(Site, ended.site_id).slug
    if as_json:
        revoked_at = ended.revoked_at and ended.revoked_at.isoformat()
        click.echo(json.dumps({"id": ended.id, "site": slug, "scope": ended.scope, "revoked_at": revoked_at}))
        return
    click.echo(f"Key {ended.id} of {slug}, scope {ended.scope}, opens nothing any more.")
