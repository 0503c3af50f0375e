"""A site's own lists of words, under `rejoinder site list`. One counts when the site's policy is switched on again."""

import json
from pathlib import Path

import click

from service.cli.installation import Installation, on_installation


@click.command("put")
@click.argument("slug", metavar="SITE")
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def put(installation: Installation, slug: str, name: str, file: Path, as_json: bool) -> None:
    """Keep FILE as the newest version of the list NAME of SITE: one word or phrase a line, in UTF-8."""
    import msgspec

    from moderation_rules.text.counting import counted
    from service.cli.lookup import find_site
    from service.moderation.policies.word_lists import upload

    with installation.services() as services:
        with services.read() as session:
            site = find_site(session, slug)
        kept = upload(services, None, site, name, file.read_bytes())
    if as_json:
        click.echo(json.dumps({"site": slug, **msgspec.to_builtins(kept)}))
        return
    click.echo(f"The list {name} of {slug} has {counted(kept.entries, 'word')} now (version {kept.n}).")
    click.echo("It is in force." if kept.in_force else "It counts when the site's policy is switched on again.")


@click.command("list")
@click.argument("slug", metavar="SITE")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def list_(installation: Installation, slug: str, as_json: bool) -> None:
    """Show the lists of SITE."""
    import msgspec

    from moderation_rules.text.counting import counted
    from service.cli.lookup import find_site
    from service.moderation.policies.word_lists import lists_of_site

    with installation.services() as services, services.read() as session:
        found = lists_of_site(session, find_site(session, slug))
    if as_json:
        click.echo(json.dumps({"site": slug, "lists": msgspec.to_builtins(found)}))
        return
    for one in found:
        used = "not in force" if one.n_in_force is None else f"version {one.n_in_force} in force"
        click.echo(f"{one.name}: {'removed' if one.removed else counted(one.entries, 'word')}, version {one.n}, {used}")
    if not found:
        click.echo(f"{slug} has no lists of its own.")


@click.command("remove")
@click.argument("slug", metavar="SITE")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def remove(installation: Installation, slug: str, name: str, as_json: bool) -> None:
    """Remove the list NAME of SITE; refused while the policy in force names it."""
    from service.cli.lookup import find_site
    from service.moderation.policies.word_lists import remove as remove_list

    with installation.services() as services:
        with services.read() as session:
            site = find_site(session, slug)
        remove_list(services, None, site, name)
    if as_json:
        click.echo(json.dumps({"site": slug, "removed": name}))
        return
    click.echo(f"Removed the list {name} of {slug}.")


WORD_LIST_COMMANDS = (put, list_, remove)
