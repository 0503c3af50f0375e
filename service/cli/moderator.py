import json
import sys
from typing import TYPE_CHECKING, Any

import click

from service.cli.installation import Installation, on_installation
from service.cli.times import when

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.accounts.account_administration import Account
    from service.wiring import Services

ROLE = click.Choice(["admin", "moderator", "viewer"])


@click.group()
def moderator() -> None:
    """Add, list, change and close moderators' accounts. WHO is an account's id, or its e-mail address."""


def _password() -> str:
    # The line's end is the terminal's, everything else may belong to the password.
    return sys.stdin.readline().rstrip("\r\n")


@moderator.command()
@click.argument("email")
@click.option("--role", type=ROLE, required=True)
@click.option(
    "--site", "slugs", multiple=True, metavar="SLUG", help="Only on this site; repeat it. Else on every site."
)
@click.option("--name", default="", help="What colleagues see beside decisions; without it Moderator and a number.")
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
    from service.accounts import account_administration
    from service.accounts.moderators import ALL_SITES, account_form
    from service.accounts.sign_in import sign_in_address
    from service.cli.lookup import find_sites
    from service.privacy.addresses import NotAnAddress

    try:
        account_form(email)
    except NotAnAddress:
        raise click.BadParameter("this is not an e-mail address") from None
    password = _password() if password_stdin else None
    with installation.services() as services:
        with services.read() as session:
            sites = [site.id for site in find_sites(session, slugs)] or [ALL_SITES]
        made, token = account_administration.add(
            services, None, address=email, role=role, sites=sites, name=name, password=password
        )
        sign_in = sign_in_address(services, token)
    everywhere = (
        "No --site was given, so this counts on every site, and on those that come later. "
        f"`rejoinder moderator set {made.id} --site SLUG` narrows it."
    )
    if as_json:
        click.echo(json.dumps({"id": made.id, "role": role, "sites": list(slugs), "sign_in": sign_in}))
        if not slugs:
            # Beside the answer: a program that reads it need not know of this.
            click.echo(everywhere, err=True)
        return
    where = ", ".join(slugs) if slugs else "every site"
    click.echo(f"Added {made.name} as {role} on {where}. This link signs them in once, within 15 minutes:")
    click.echo(f"  {sign_in}")
    if not slugs:
        click.echo(everywhere)
    if not name:
        click.echo(f"Colleagues see that name; `rejoinder moderator set {made.id} --name NAME` gives another.")


@moderator.command("list")
@click.option("--site", "slug", metavar="SLUG", help="Only those with a role there, or on every site.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def list_(installation: Installation, slug: str | None, as_json: bool) -> None:
    """Show all accounts: ids, names and roles, never an address."""
    from service.accounts.account_administration import accounts
    from service.cli.lookup import find_site

    with installation.services() as services:
        with services.read() as session:
            found = accounts(session, None, site_id=find_site(session, slug).id if slug else None)
            lines = [_printed(session, one) for one in found]
    if as_json:
        click.echo(json.dumps({"moderators": lines}))
        return
    for one, line in zip(found, lines, strict=True):
        end = f", closed {when(one.closed_at)}" if one.closed_at else ""
        click.echo(f"{one.id}: {one.name}, {_roles(line)}, last seen {when(one.seen_at)}{end}")
    if not found:
        click.echo("There are no moderators yet; `rejoinder moderator add` adds one.")


@moderator.command()
@click.argument("who")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def link(installation: Installation, who: str, as_json: bool) -> None:
    """Make a new link that signs WHO in once, within 15 minutes."""
    from service.accounts.account_administration import let_in
    from service.accounts.sign_in import sign_in_address

    with installation.services() as services:
        found, token = let_in(services, None, _find(services, who))
        sign_in = sign_in_address(services, token)
    if as_json:
        click.echo(json.dumps({"id": found.id, "sign_in": sign_in}))
        return
    click.echo(f"This link signs {found.name} in once, within 15 minutes:")
    click.echo(f"  {sign_in}")


@moderator.command("set")
@click.argument("who")
@click.option("--role", type=ROLE)
@click.option("--site", "slugs", multiple=True, metavar="SLUG", help="On this site, and on no others; repeat it.")
@click.option("--every-site", is_flag=True, help="On every site.")
@click.option("--name", help="What colleagues see beside decisions; never the address.")
@click.option("--password-stdin", is_flag=True, help="Read a new password from standard input.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def set_(
    installation: Installation,
    who: str,
    role: str | None,
    slugs: tuple[str, ...],
    every_site: bool,
    name: str | None,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Change role, sites, name or password of WHO. A new password signs them out everywhere."""
    from service.accounts.account_administration import change
    from service.accounts.moderators import ALL_SITES
    from service.cli.lookup import find_sites
    from service.moderation.leases import end_leases

    if slugs and every_site:
        raise click.UsageError("--site and --every-site were both given")
    if not (role or slugs or every_site or name is not None or password_stdin):
        raise click.UsageError("say what to change: --role, --site, --every-site, --name or --password-stdin")
    password = _password() if password_stdin else None
    with installation.services() as services:
        with services.read() as session:
            sites = [site.id for site in find_sites(session, slugs)] or None
        changed = change(
            services,
            None,
            _find(services, who),
            name=name,
            role=role,
            sites=[ALL_SITES] if every_site else sites,
            password=password,
        )
        end_leases(services, changed.id)
        with services.read() as session:
            line = _printed(session, changed)
    if as_json:
        click.echo(json.dumps(line))
        return
    click.echo(f"Changed {changed.id}: {changed.name}, {_roles(line)}.")


@moderator.command()
@click.argument("who")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def close(installation: Installation, who: str, as_json: bool) -> None:
    """Close the account WHO: sessions and links end at once, the address is forgotten. What it decided stays."""
    from service.accounts import account_administration
    from service.accounts.api_keys import working_keys_of
    from service.moderation.leases import end_leases

    with installation.services() as services:
        closed = account_administration.close(services, None, _find(services, who))
        end_leases(services, closed.id)
        with services.read() as session:
            line = _printed(session, closed)
            keys = [key.id for key in session.scalars(working_keys_of(closed.id))]
    if keys:
        # Beside the answer: a program that reads it need not know of this.
        told = "keys that it made still work; `rejoinder key revoke ID` ends one: "
        click.echo(told + ", ".join(keys), err=True)
    if as_json:
        click.echo(json.dumps(line))
        return
    click.echo(f"The account {closed.id} ({closed.name}) is closed.")


def _find(services: "Services", who: str) -> str:
    """The id of the account that the operator means. Raises NotFound, without a word of an address."""
    from service.accounts.moderators import find_moderator
    from service.errors import NotFound

    if "@" not in who:
        return who
    with services.read() as session:
        found = find_moderator(session, services.keyring, who)
    if found is None:
        raise NotFound("no open account has this address")
    return found.id


def _printed(session: "Session", account: "Account") -> dict[str, Any]:
    """`site` null: on every site."""
    from models.queries.sites import sites_reached

    slugs = {site.id: site.slug for site in session.scalars(sites_reached(list(account.roles)))}
    return {
        "id": account.id,
        "name": account.name,
        "roles": sorted(
            ({"site": slugs.get(at), "role": role} for at, role in account.roles.items()),
            key=lambda one: one["site"] or "",
        ),
        "created_at": account.created_at.isoformat(),
        "seen_at": account.seen_at and account.seen_at.isoformat(),
        "closed_at": account.closed_at and account.closed_at.isoformat(),
    }


def _roles(line: dict[str, Any]) -> str:
    places = [f"{one['role']} on {one['site'] or 'every site'}" for one in line["roles"]]
    return ", ".join(places) or "no role"
