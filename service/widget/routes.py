"""Pages and files for readers: the embed script, the plain page, the receipt's page, permalinks, the demo."""

from collections.abc import Mapping, Sequence
from functools import cache

from flask import Blueprint, Response, request
from flask.blueprints import BlueprintSetupState
from sqlalchemy import select

from models import Site
from service.accounts.access import open_to
from service.errors import NotFound, Refused, Unavailable, UnknownSite
from service.intake.receipts import UnknownReceipt, edit, stop_replies, withdraw
from service.intake.receive import current_intake
from service.intake.routes import led_to
from service.intake.submission.fields import TOKEN_MAX, title_of_page
from service.intake.submission.raw import read_raw
from service.localization.pages import language_asked
from service.privacy.clients import client_ip
from service.publishing.query import read_fields, read_page
from service.publishing.rendered import BROTLI_BEST, Rendered
from service.publishing.responses import as_response
from service.publishing.shortcut import KEEP
from service.publishing.thread_rows import permalink
from service.widget.assets import VERSION, Asset, counts_script, part, parts_version, static_file, widget_script
from service.widget.embed import EmbedRequest, embed_page, refused_form
from service.widget.receipt_page import receipt_page
from service.widget.refusals import as_problem, refused_page
from service.widget.rendering import base_path, public_origin, render_page
from service.wiring import current_services

DEMO_SITE = "demo"
DEMO_THREAD = "4711"
# Pages that embed it pick up a new version within the hour, and go on with the old one when we are down.
_WIDGET_CACHE = "public, max-age=3600, stale-while-revalidate=86400, stale-if-error=604800"
_IMMUTABLE = "public, max-age=31536000, immutable"
# While an upgrade is under way, both its releases are asked for both their versions.
_GONE_CACHE = "public, max-age=60"
_STATIC_CACHE = "public, max-age=300, stale-while-revalidate=86400"

blueprint = Blueprint("widget", __name__, template_folder="templates")


@blueprint.record_once
def _set_up(state: BlueprintSetupState) -> None:
    # Intake stands below this room: it finds the page for a refused form here.
    state.app.extensions["rejoinder.form_page"] = _form_page
    # And so does the application for what else is refused to a reader.
    state.app.extensions["rejoinder.refused_page"] = refused_page
    state.app.extensions["rejoinder.refused_words"] = as_problem


def _form_page(site: str, values: Mapping[str, str], refused: Refused) -> Response:
    return refused_form(current_services(), site, values, refused)


@blueprint.get("/widget.js")
@open_to("anyone")
def widget() -> Response:
    return _script(widget_script(), _WIDGET_CACHE)


@blueprint.get("/counts.js")
@open_to("anyone")
def counts() -> Response:
    return _script(counts_script(), _WIDGET_CACHE)


@blueprint.get("/widget.<version>.js")
@open_to("anyone")
def versioned_widget(version: str) -> Response:
    """The script under an address that never shows another one: for pages that pin it.

    Where that version is gone, the one of today, for a short time: a page with its hash refuses it, every other one
    goes on.
    """
    found = widget_script()
    return _script(found, _versioned(version, found.version))


@blueprint.get("/parts/<contract>.<version>/<name>.js")
@open_to("anyone")
def widget_part(contract: str, version: str, name: str) -> Response:
    """A module that the script imports when it is needed; a page that was open over an upgrade gets today's."""
    return _script(part(contract, name), _versioned(version, parts_version()))


def _versioned(asked: str, current: str) -> str:
    """How long what is served at an address with this version in it may be kept. Raises NotFound for no version."""
    if VERSION.fullmatch(asked) is None:
        raise NotFound
    return _IMMUTABLE if asked == current else _GONE_CACHE


def _script(asset: Asset, cache: str) -> Response:
    return _send(asset, cache, elsewhere=True)


@blueprint.get("/static/<name>")
@open_to("anyone")
def asset(name: str) -> Response:
    return _send(static_file(name), _STATIC_CACHE)


@blueprint.get("/favicon.svg")
@blueprint.get("/favicon.ico")
@open_to("anyone")
def favicon() -> Response:
    return _send(static_file("favicon.svg"), _STATIC_CACHE)


@blueprint.get("/")
@open_to("anyone")
def start() -> Response:
    return render_page("widget/start.html", demo=_demo_origin())


@blueprint.get("/embed/<site>")
@open_to("anyone")
def embed(site: str) -> Response:
    try:
        return embed_page(current_services(), _embed_request(site))
    except Refused as refused:
        # In the article's frame as well, where a page that may not be framed would show nothing.
        return refused_page(refused, framed_by=_origins(site))


def _embed_request(site: str) -> EmbedRequest:
    fields = read_fields(request.query_string.decode("latin-1"))
    thread, asked = read_page(fields)
    return EmbedRequest(
        site=site,
        thread=thread,
        page_url=_first(fields, "page_url"),
        page_title=title_of_page(_first(fields, "page_title")),
        asked=asked,
        reply_to=_first(fields, "reply_to"),
        printed=_first(fields, "print") == "1",
        voter=_first(fields, "voter")[:TOKEN_MAX],
    )


@blueprint.get("/receipts/<receipt>")
@open_to("receipt")
def receipt(receipt: str) -> Response:
    """Changes nothing, however often it is loaded."""
    return receipt_page(current_services(), receipt)


@blueprint.post("/receipts/<receipt>/withdraw")
@open_to("receipt")
def receipt_withdraw(receipt: str) -> Response:
    """The page's button; the receipt is the proof, so it needs no token and no origin."""
    withdraw(current_services(), receipt)
    return led_to(_receipt_again(receipt))


@blueprint.post("/receipts/<receipt>/edit")
@open_to("receipt")
def receipt_edit(receipt: str) -> Response:
    """The page's form. What comes twice, by a double click or a reload, is the same text and no further change."""
    services, raw = current_services(), read_raw(request)
    try:
        edit(current_intake(), receipt, raw.values, client_ip(request.environ, services.settings.trusted_proxies))
    except UnknownReceipt:
        raise
    except Refused as refused:
        return receipt_page(services, receipt, typed=raw.texts().get("body", ""), refused=refused)
    return led_to(_receipt_again(receipt))


def _receipt_again(receipt: str) -> str:
    """The receipt's page, in the language that this one was asked for in."""
    lang = language_asked()
    return f"{base_path()}/receipts/{receipt}{f'?lang={lang}' if lang else ''}"


@blueprint.post("/receipts/<receipt>/stop-replies")
@open_to("receipt")
def receipt_stop_replies(receipt: str) -> Response:
    """The page's button; as `receipt_withdraw`."""
    stop_replies(current_services(), receipt)
    return led_to(f"{base_path()}/receipts/{receipt}")


@blueprint.get("/c/<comment_id>")
@open_to("anyone")
def comment(comment_id: str) -> Response:
    with current_services().read() as session:
        return led_to(permalink(session, comment_id, current_services().settings.public_url), 302)


@blueprint.get("/demo/")
@open_to("anyone")
def demo() -> Response:
    """A newsroom's page as ours would be seen on it: another origin, a strict policy, no exception made for us."""
    origin = _demo_origin()
    if origin is None:
        raise NotFound("There is no demo site on this service.")
    service = public_origin()
    policy = (
        f"default-src 'none'; script-src {service}; connect-src {service}; style-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    thread = request.args.get("thread", DEMO_THREAD)
    return render_page("widget/demo.html", csp=policy, site=DEMO_SITE, thread=thread, page_url=f"{origin}/demo/")


def _origins(site: str) -> Sequence[str]:
    """The site's origins; none of a site that is not known, or cannot be looked up now."""
    try:
        return current_intake().sites.read(site).origins
    except (UnknownSite, Unavailable):
        return ()


def _demo_origin() -> str | None:
    """Where the demo's newsroom lives; None where there is no demo."""
    with current_services().read() as session:
        site = session.scalar(select(Site).where(Site.slug == DEMO_SITE))
    return site.origins[0] if site is not None else None


def _first(fields: Mapping[str, list[str]], name: str) -> str:
    return fields.get(name, [""])[0]


def _send(asset: Asset, cache: str, *, elsewhere: bool = False) -> Response:
    """The file in the encoding the browser takes, or 304. `elsewhere`: pages of other origins may load it."""
    rendered = _rendered(asset, cache, elsewhere)
    if cache != _GONE_CACHE:
        # Before this process ends, nothing else is served at this address.
        request.environ[KEEP] = rendered
    return as_response(rendered)


@cache
def _rendered(asset: Asset, cache: str, elsewhere: bool) -> Rendered:
    headers = [
        ("Content-Type", f"{asset.mimetype}; charset=utf-8"),
        ("Cache-Control", cache),
        ("Vary", "Accept-Encoding"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    if elsewhere:
        # Module scripts are always fetched with CORS, and pages that isolate themselves ask for the second.
        headers += [("Access-Control-Allow-Origin", "*"), ("Cross-Origin-Resource-Policy", "cross-origin")]
    return Rendered(asset.plain, headers, gzipped=asset.gzipped, quality=BROTLI_BEST)
