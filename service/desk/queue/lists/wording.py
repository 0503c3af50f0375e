"""What the head of the desk's list says: tabs, orders, ages, and what the list is narrowed to."""

from collections.abc import Callable, Mapping

from models.queries.arms import COUNTED_BESIDE
from service.desk.wording import language_name, rule_name
from service.localization import gettext, ngettext, number
from service.localization import noop as N_

TABS: Mapping[str, str] = {
    "waiting": N_("Waiting"),
    "held": N_("Held"),
    "escalated": N_("Escalated"),
    "for_me": N_("For me"),
    "reported": N_("Reported"),
    "appealed": N_("Appealed"),
    "unanswered": N_("Unanswered"),
    "unreviewed": N_("Unreviewed"),
    "approved": N_("Approved"),
    "rejected": N_("Rejected"),
    "spam": N_("Spam"),
    "dead": N_("Not judged"),
    "all": N_("All"),
}
ORDERS: Mapping[str, str] = {
    "priority": N_("Most urgent first"),
    "oldest": N_("Oldest first"),
    "newest": N_("Newest first"),
    "decided": N_("Last decided first"),
    "nearest": N_("Nearest to being held first"),
}
# What the form offers; any other age can stand in an address.
AGES = ("1h", "6h", "12h", "1d", "2d", "7d", "30d")


def age(said: str) -> str:
    """ "2d" as "2 days"."""
    n = int(said[:-1])
    if said.endswith("m"):
        return ngettext("%(num)s minute", "%(num)s minutes", n)
    if said.endswith("h"):
        return ngettext("%(num)s hour", "%(num)s hours", n)
    return ngettext("%(num)s day", "%(num)s days", n)


def tab_count(found: int) -> str:
    """How many a tab has, where nobody counts further than `COUNTED_BESIDE`: "12", "1,000+"."""
    return f"{number(COUNTED_BESIDE)}+" if found > COUNTED_BESIDE else number(found)


# What a list is narrowed to, by the filter's name.
FILTERED: Mapping[str, Callable[[str], str]] = {
    "site": lambda value: gettext("on %(site)s", site=value),
    "q": lambda value: gettext("with “%(words)s”", words=value),
    "section": lambda value: gettext("in section “%(section)s”", section=value),
    "thread": lambda value: gettext("under “%(story)s”", story=value),
    "rule": lambda value: gettext("rule “%(rule)s”", rule=rule_name(value)),
    "language": lambda value: gettext("in %(language)s", language=language_name(value)),
    "writer": lambda value: gettext("by %(name)s", name=value),
    "younger": lambda value: gettext("younger than %(age)s", age=age(value)),
    "older": lambda value: gettext("older than %(age)s", age=age(value)),
}
