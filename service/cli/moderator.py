import json
import sys

import click

from service.cli.installation import Installation, on_installation


@click.group()
def moderator() -> None:
    """Add moderators."""


@moderator.command()
@click.argument("email")
@click.option("--role", type=click.Choice(["admin", "moderator", "viewer"]), required=True)
@click.option(
    "--site", "slugs", multiple=True, metavar="SLUG", help="Only on this site; repeat it. Else on every site."
)
@click.option("--name", default="", help="What colleagues see beside decisions; never the address.")
@click.option("--password-stdin", is_flag=True, help="Read a password from standard input.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def add(
    installation: Installation,
    email: str,
    role: str,
    slugs: tuple[str, ...],
    name: str,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Add a moderator. Prints a link that signs them in once, within 15 minutes, password or not."""
    from service.accounts.audit import audit
    from service.accounts.moderators import account_form, add_moderator
    from service.accounts.sign_in import make_link
    from service.cli.lookup import find_sites
    from service.embedded.first_run import sign_in_address
    from service.privacy.addresses import NotAnAddress

    try:
        account_form(email)
    except NotAnAddress:
        raise click.BadParameter("this is not an e-mail address") from None
    # The line's end is the terminal's, everything else may belong to the password.
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    with installation.services() as services:
        now = services.clock.now()
        with services.write() as session:
            sites = find_sites(session, slugs)
            made = add_moderator(
                session,
                services.keyring,
                now=now,
                address=email,
                role=role,
                sites=[site.id for site in sites],
                name=name,
                password=password,
            )
            audit(session, None, "moderator.add", now=now, target=made.id, details={"role": role, "sites": list(slugs)})
            token = make_link(session, moderator_id=made.id, now=now)
        sign_in = sign_in_address(services, token)
    if as_json:
        click.echo(json.dumps({"id": made.id, "role": role, "sites": list(slugs), "sign_in": sign_in}))
        return
    where = ", ".join(slugs) if slugs else "every site"
    click.echo(f"Added as {role} on {where}. This link signs them in once, within 15 minutes:")
    click.echo(f"  {sign_in}")
