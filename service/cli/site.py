import json
from typing import TYPE_CHECKING, Any

import click

from service.cli.installation import Installation, on_installation
from service.cli.outside_check import check
from service.cli.site_login import login
from service.cli.site_reasons import detailed, read_details, read_ladder, read_reasons
from service.cli.word_list import WORD_LIST_COMMANDS

if TYPE_CHECKING:
    from models import Site


@click.group()
def site() -> None:
    """Add, show and change sites, their lists of words and their outside checks."""


site.add_command(check)
site.add_command(login)


def _slug(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    from models.site import is_slug

    if not is_slug(value):
        raise click.BadParameter("a slug is 1-64 of a-z, 0-9 and hyphens, with no hyphen at its ends")
    return value


def _language(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    from service.accounts.site_administration import LANGUAGE_TAG

    if value is not None and not LANGUAGE_TAG.match(value):
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
    from sqlalchemy.exc import IntegrityError

    from models import Mode, Site, SiteSettings, new_id
    from models.site import kept_settings
    from service.accounts.audit import audit
    from service.accounts.site_administration import check_site_name
    from service.errors import Conflict

    with installation.services() as services:
        now = services.clock.now()
        settings = SiteSettings(mode=Mode(mode), language=language)
        made = Site(
            id=new_id(),
            slug=slug,
            name=check_site_name(name) if name else slug,
            origins=origins,
            settings_json=kept_settings(settings),
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
    click.echo("  <style>rejoinder-comments:not(:defined) { display: block; min-height: 100vh }</style>")
    click.echo(f'  <rejoinder-comments site="{slug}" thread="YOUR-ARTICLE-ID"></rejoinder-comments>')


@site.group("list", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def list_(installation: Installation, as_json: bool) -> None:
    """Show all sites; with a command, the word lists of one."""
    if click.get_current_context().invoked_subcommand is not None:
        return
    from models.queries.sites import sites_reached

    with installation.services() as services, services.read() as session:
        found = session.scalars(sites_reached(None)).all()
    if as_json:
        click.echo(json.dumps({"sites": [_printed(one) for one in found]}))
        return
    for one in found:
        click.echo(f"{one.slug}: {one.name or one.slug}, {one.settings.mode.value}, on {', '.join(one.origins)}")
    if not found:
        click.echo("There are no sites yet; `rejoinder site add` adds one.")


for word_list_command in WORD_LIST_COMMANDS:
    list_.add_command(word_list_command)


@site.command()
@click.argument("slug")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def show(installation: Installation, slug: str, as_json: bool) -> None:
    """Show what the site SLUG is set to, and its numbers."""
    from dataclasses import asdict

    from service.accounts.site_administration import all_settings, numbers
    from service.cli.lookup import find_site

    with installation.services() as services, services.read() as session:
        found = find_site(session, slug)
        counted = numbers(session, found)
    if as_json:
        settings = {"settings": all_settings(found), "numbers": asdict(counted)}
        click.echo(json.dumps(_printed(found) | settings))
        return
    lines: dict[str, Any] = {"name": found.name or found.slug, "origins": ", ".join(found.origins)}
    lines |= {name: _words(value) for name, value in all_settings(found).items()}
    lines |= {"policy": f"version {counted.policy_version}" if counted.policy_version else "the shipped one"}
    lines |= {"threads": f"{counted.threads:,}", "moderators": f"{counted.moderators:,}", "keys": f"{counted.keys:,}"}
    lines |= {"comments": ", ".join(f"{n:,} {status}" for status, n in counted.comments.items() if n) or "none"}
    for name, value in lines.items():
        click.echo(f"{name:<20}{value}")


@site.command("set")
@click.argument("slug")
@click.option("--name", help="What readers know the site as.")
@click.option(
    "--origin",
    "origins",
    multiple=True,
    metavar="URL",
    callback=_origins,
    help="In place of all there were; repeat it.",
)
@click.option("--mode", type=click.Choice(["automatic", "assisted", "manual"]), help="What the rules may do alone.")
@click.option("--language", metavar="TAG", callback=_language, help="What its comments are expected to be written in.")
@click.option("--no-language", is_flag=True, help="Expect no language.")
@click.option("--reader-language", metavar="TAG", help="What readers are spoken to in everywhere; article: in its own.")
@click.option("--name-max", type=int, metavar="N", help="Characters that a writer's name may have.")
@click.option("--body-min", type=int, metavar="N", help="Characters that a comment has at least.")
@click.option("--body-max", type=int, metavar="N", help="Characters that a comment may have.")
@click.option("--reply-depth", type=int, metavar="N", help="Levels of replies that are indented.")
@click.option(
    "--website", type=click.Choice(["shown", "optional", "off"]), help="Its field: at once, by a button, never."
)
@click.option("--website-field/--no-website-field", default=None, hidden=True)
@click.option("--first-comments-held/--no-first-comments-held", default=None, help="Hold a writer's first comment.")
@click.option(
    "--spam-reads-waiting",
    type=int,
    metavar="SECONDS",
    help="How long the receipt of what rules call spam says that it waits.",
)
@click.option(
    "--votes", type=click.Choice(["off", "up", "up_down"]), help="Whether readers vote for comments, and against."
)
@click.option("--form-token-max-age", type=int, metavar="SECONDS", help="How long a form may stay open.")
@click.option(
    "--reports-hide",
    type=int,
    metavar="N",
    help="Hide a comment until a person has looked, once readers of so many networks have reported it: 3 or more; "
    "0: never.",
)
@click.option(
    "--reason",
    "reasons",
    multiple=True,
    metavar="CODE=WORDS",
    callback=read_reasons,
    help="Why moderators reject, in place of all there were; repeat it.",
)
@click.option(
    "--reason-detail",
    "reason_details",
    multiple=True,
    metavar="CODE.FIELD=VALUE",
    callback=read_details,
    help="Of a reason: label, key, ground (terms, illegal), clause, strikes, days, or words.LANGUAGE; repeat it. "
    "What is not named stays, an empty value takes it away.",
)
@click.option(
    "--strikes",
    metavar="WARN,HOLD,BAN",
    callback=read_ladder,
    help="From how many strikes of a writer on the desk proposes to warn, hold and ban them; 0: never.",
)
@click.option("--nudge/--no-nudge", default=None, help="Whether writers see, before they send, what may give offence.")
@click.option("--guideline", metavar="TEXT", help="How to write here, above the form; empty for none.")
@click.option("--announcement", metavar="TEXT", help="What is new, above the form; empty for none.")
@click.option(
    "--terms",
    "terms_version",
    metavar="VERSION",
    help="Which terms writers have to accept, kept with each comment; empty for none.",
)
@click.option("--terms-text", metavar="TEXT", help="What stands beside the terms' box; empty for our own words.")
@click.option("--terms-url", metavar="URL", help="Where the terms can be read; empty for nowhere.")
@click.option("--no-reasons", is_flag=True, help="Go back to the shipped list of reasons.")
@click.option(
    "--staff-name",
    "staff_names",
    multiple=True,
    metavar="NAME",
    help="A name that readers must not pose as, in place of all there were; repeat it.",
)
@click.option("--no-staff-names", is_flag=True, help="Keep no names of staff.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@on_installation
def set_(
    installation: Installation,
    slug: str,
    name: str | None,
    origins: list[str],
    language: str | None,
    no_language: bool,
    reasons: dict[str, str],
    no_reasons: bool,
    reason_details: list[tuple[str, str, str]],
    strikes: dict[str, int] | None,
    terms_version: str | None,
    terms_text: str | None,
    terms_url: str | None,
    staff_names: tuple[str, ...],
    no_staff_names: bool,
    as_json: bool,
    **settings: Any,
) -> None:
    """Change the site SLUG. What is not named stays; what is changed counts from the next request on."""
    from service.accounts.site_administration import all_settings, change_site
    from service.cli.lookup import find_site
    from service.errors import Invalid

    for given, emptied, what in (
        (language, no_language, "language"),
        (reasons, no_reasons, "reason"),
        (staff_names, no_staff_names, "staff-name"),
    ):
        if given and emptied:
            raise click.UsageError(f"--{what} and its opposite were both given")
    wanted: dict[str, Any] = {name: None if v == "article" else v for name, v in settings.items() if v is not None}
    # As it was said before there were three answers.
    if (asked := wanted.pop("website_field", None)) is not None:
        wanted.setdefault("website", "shown" if asked else "off")
    if language or no_language:
        wanted["language"] = language
    if reasons or no_reasons:
        wanted["reasons"] = reasons
    if staff_names or no_staff_names:
        wanted["staff_names"] = list(staff_names)
    if strikes is not None:
        wanted["strikes"] = strikes
    terms = {"version": terms_version, "text": terms_text, "url": terms_url}
    terms = {field: value for field, value in terms.items() if value is not None}
    if not (wanted or terms or reason_details or origins or name is not None):
        raise click.UsageError("say what to change; --help names all there is")
    with installation.services() as services:
        with services.read() as session:
            known = find_site(session, slug)
        if terms:
            kept = known.settings.terms
            wanted["terms"] = {"version": kept.version, "text": kept.text, "url": kept.url} | terms
            # Without a version nothing is asked, whatever else was said.
            if not wanted["terms"]["version"] and terms_version is not None:
                wanted["terms"] = {}
        if reason_details:
            wanted["reason_details"] = detailed(known, wanted.get("reasons"), reason_details)
        try:
            changed = change_site(services, None, known.id, name=name, origins=origins or None, settings=wanted)
        except Invalid as refused:
            raise click.UsageError(refused.detail) from None
    if as_json:
        click.echo(json.dumps(_printed(changed) | {"settings": all_settings(changed)}))
        return
    click.echo(f"Changed {slug}. `rejoinder site show {slug}` shows all of it.")


def _printed(found: "Site") -> dict[str, Any]:
    return {
        "id": found.id,
        "slug": found.slug,
        "name": found.name or found.slug,
        "origins": found.origins,
        "mode": found.settings.mode.value,
        "created_at": found.created_at.isoformat(),
    }


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_words(own)}" for name, own in value.items()) or "the shipped ones"
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return "any" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
