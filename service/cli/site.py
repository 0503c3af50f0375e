import json
import re

import click

from service.cli.installation import Installation, on_installation
from service.cli.outside_check import check
from service.cli.word_list import list_files

_TAG = re.compile(r"^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}$")


@click.group()
def site() -> None:
    """Add sites, their lists of words and their outside checks."""


site.add_command(check)
site.add_command(list_files)


def _slug(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    from models.site import is_slug

    if not is_slug(value):
        raise click.BadParameter("a slug is 1-64 of a-z, 0-9 and hyphens, with no hyphen at its ends")
    return value


def _language(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value is not None and not _TAG.match(value):
        raise click.BadParameter(f"{value!r} is not a language tag; write it as de or pt-BR")
    return value


def _origins(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> list[str]:
    from service.intake.submission.web_addresses import origin_of, parse_http

    origins = []
    for value in values:
        parts = parse_http(value)
        origin = origin_of(value)
        if parts is None or origin is None or parts.path not in {"", "/"} or parts.query or parts.fragment:
            raise click.BadParameter(f"{value!r} is not an origin; write it as https://news.example")
        if origin not in origins:
            origins.append(origin)
    return origins


@site.command()
@click.argument("slug", callback=_slug)
@click.option(
    "--origin",
    "origins",
    multiple=True,
    required=True,
    metavar="URL",
    callback=_origins,
    help="Where the site's pages stand, as https://news.example; repeat it for several.",
)
@click.option("--name", default="", help="What readers know the site as; the slug by default.")
@click.option(
    "--mode",
    type=click.Choice(["automatic", "assisted", "manual"]),
    default="assisted",
    show_default=True,
    help="What the rules may do alone: approve and refuse, only refuse, nothing.",
)
@click.option(
    "--language",
    metavar="TAG",
    callback=_language,
    help="What its comments are expected to be written in (BCP 47: de, pt-BR); a page may have its own.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def add(
    installation: Installation,
    slug: str,
    origins: list[str],
    name: str,
    mode: str,
    language: str | None,
    as_json: bool,
) -> None:
    """Add the site SLUG, the name that its pages embed comments under."""
    import msgspec
    from sqlalchemy.exc import IntegrityError

    from models import Mode, Site, SiteSettings, new_id
    from service.accounts.audit import audit
    from service.errors import Conflict

    with installation.services() as services:
        now = services.clock.now()
        settings = SiteSettings(mode=Mode(mode), language=language)
        made = Site(
            id=new_id(),
            slug=slug,
            name=name or slug,
            origins=origins,
            settings_json=msgspec.to_builtins(settings),
            created_at=now,
        )
        try:
            with services.write() as session:
                session.add(made)
                session.flush()
                audit(session, None, "site.add", now=now, site_id=made.id, details={"slug": slug})
        except IntegrityError:
            raise Conflict(f"there is already a site {slug}") from None
    if as_json:
        click.echo(json.dumps({"id": made.id, "slug": slug, "origins": origins, "mode": mode}))
        return
    click.echo(f"Added the site {slug}. Its pages embed comments with:")
    click.echo(f'  <script type="module" src="{services.settings.public_url}/widget.js"></script>')
    click.echo(f'  <rejoinder-comments site="{slug}" thread="YOUR-ARTICLE-ID"></rejoinder-comments>')
