"""`rejoinder site login`: the keys that a site signs its readers' logins with."""

import json
from typing import IO

import click

from service.cli.installation import Installation, on_installation


@click.group()
def login() -> None:
    """Add, list and remove the keys a site signs its readers' logins with (JWT; `aud` is the site's slug)."""


@login.command()
@click.argument("slug", metavar="SITE")
@click.option(
    "--algorithm",
    type=click.Choice(["HS256", "RS256", "EdDSA"]),
    default="HS256",
    show_default=True,
    help="HS256 has a secret that both sides know, the others a pair of which the public half is given.",
)
@click.option(
    "--key-file",
    type=click.File("r", encoding="utf-8"),
    help="A secret, or a public key as PEM or JWK; - for standard input. Without it HS256 makes a secret.",
)
@click.option("--kid", default="", metavar="ID", help="What a login's header calls the key; made up by default.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def add(
    installation: Installation, slug: str, algorithm: str, key_file: IO[str] | None, kid: str, as_json: bool
) -> None:
    """Add a key to SITE, which has two at most. It is kept sealed and never shown again."""
    from service.accounts.logins.keys import KEY_TEXT_MAX, add_login_key, new_login_secret
    from service.cli.lookup import find_site
    from service.errors import Invalid

    if key_file is None and algorithm != "HS256":
        raise click.UsageError(f"{algorithm} needs --key-file with the public key")
    made = new_login_secret() if key_file is None else None
    text = made or (key_file.read(KEY_TEXT_MAX + 1) if key_file else "")
    with installation.services() as services:
        with services.read() as session:
            site = find_site(session, slug)
        try:
            key = add_login_key(services, None, site_id=site.id, algorithm=algorithm, text=text, kid=kid)
        except Invalid as refused:
            raise click.UsageError(refused.detail) from None
    answer = {"kid": key.kid, "algorithm": algorithm, "audience": slug, "site": slug}
    if as_json:
        click.echo(json.dumps(answer | ({"secret": made} if made else {})))
        return
    click.echo(f"Added the key {key.kid} ({algorithm}) to {slug}; logins say aud {slug}.")
    if made:
        click.echo("Its secret is shown this once:")
        click.echo(f"  {made}")


@login.command("list")
@click.argument("slug", metavar="SITE")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def list_(installation: Installation, slug: str, as_json: bool) -> None:
    """Show the keys of SITE by their ids, never themselves."""
    from service.cli.lookup import find_site
    from service.privacy.logins import login_keys_of

    with installation.services() as services, services.read() as session:
        site = find_site(session, slug)
        keys = [
            {"kid": key.kid, "algorithm": key.algorithm, "created_at": key.created_at.isoformat()}
            for key in login_keys_of(session, site.id)
        ]
    if as_json:
        click.echo(json.dumps({"site": slug, "audience": slug, "keys": keys}))
        return
    for key in keys:
        click.echo(f"{key['kid']}  {key['algorithm']}, since {key['created_at']}")
    if not keys:
        click.echo(f"{slug} signs nobody in.")


@login.command()
@click.argument("slug", metavar="SITE")
@click.argument("kid", metavar="ID")
@on_installation
def remove(installation: Installation, slug: str, kid: str) -> None:
    """End a key of SITE: what is signed with it is refused from the next request on."""
    from service.accounts.logins.keys import remove_login_key
    from service.cli.lookup import find_site

    with installation.services() as services:
        with services.read() as session:
            site = find_site(session, slug)
        remove_login_key(services, None, site_id=site.id, kid=kid)
    click.echo(f"Removed the key {kid} of {slug}.")
