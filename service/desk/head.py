"""What stands in the head of every page: the ways through the desk, and the settings of each site."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from service.accounts.access import Actor, current_actor
from service.desk.site_access import reached
from service.localization import gettext
from service.localization import noop as N_
from service.wiring import current_services

# Each: who may, what it is called, and where it is, with the site's slug put in.
SITE_PAGES: Sequence[tuple[str, str, str]] = (
    ("viewer", N_("Policy"), "/moderate/sites/{}/policy"),
    ("viewer", N_("Classifier"), "/moderate/sites/{}/classifier"),
    ("moderator", N_("Chosen words"), "/moderate/sites/{}/policy/entries"),
    ("moderator", N_("Bans"), "/moderate/sites/{}/bans"),
    ("moderator", N_("Writers"), "/moderate/sites/{}/writers"),
    ("admin", N_("Votes and reports"), "/moderate/sites/{}/readers"),
    ("admin", N_("Reasons"), "/moderate/sites/{}/reasons"),
    ("admin", N_("Readers' form"), "/moderate/sites/{}/form"),
    ("moderator", N_("Saved replies"), "/moderate/sites/{}/saved-replies"),
    ("admin", N_("People and keys"), "/moderate/sites/{}/people"),
    ("admin", N_("Readers' login"), "/moderate/sites/{}/login-keys"),
    ("admin", N_("Outside checks"), "/moderate/sites/{}/checks"),
    ("moderator", N_("Audit trail"), "/moderate/audit?site={}"),
)
# So many sites are in the menu; where there are more, a page has them all.
SITES_IN_MENU = 5


@dataclass(frozen=True, slots=True)
class SiteMenu:
    """One site's pages that its visitor may open: (what it is called, where it is)."""

    name: str
    slug: str
    pages: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Head:
    sites: list[SiteMenu]

    @property
    def shown(self) -> list[SiteMenu]:
        return self.sites if len(self.sites) <= SITES_IN_MENU else []


def head() -> Head:
    """The head for whoever asks for this page. Raises SignInNeeded for nobody."""
    actor = current_actor()
    with current_services().read() as session:
        sites = reached(session, "viewer")
    return Head(
        [SiteMenu(site.name or site.slug, site.slug, _pages(actor, site.id, site.slug)) for site in sites.values()]
    )


def _pages(actor: Actor, site_id: str, slug: str) -> list[tuple[str, str]]:
    return [
        (gettext(called), where.format(quote(slug, safe="")))
        for level, called, where in SITE_PAGES
        if actor.can(level, site_id)
    ]
