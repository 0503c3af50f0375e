"""Which policy judges a site's comments: its latest version, or the shipped default. Compiled once, checked always."""

import gc
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from msgspec import Struct
from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from models import ClassifierState, ClassifierVersion, Mode, PolicyVersion, Site
from models.database.prepared import Prepared
from models.queries.sites import newest_policy
from models.site import settings_from
from moderation_rules import PolicyError, default_policy, load_policy
from moderation_rules.policy.document import read_settings
from service.moderation.policies.classifier_in_force import classifier_document, read_classifier
from service.moderation.policies.site_policy import SitePolicy, compile_judge, compile_site, default_version
from service.moderation.policies.word_lists import load_with, texts_named
from service.telemetry import POLICIES_COMPILED, logger

log = logger(__name__)

# Classifiers that a process keeps, 2 MB each; another is read again in a few milliseconds.
MOST_CLASSIFIERS = 24
# Own words of all sites whose policies a process keeps compiled, about 300 bytes each; lists that sites have alike are
# kept once and count once. What else a site's policy takes is as much as some words, and more where it has a matcher of
# its own, which has the shipped words too and remembers those of comments.
MOST_WORDS, WORDS_OF_A_SITE, WORDS_OF_A_MATCHER = 500_000, 200, 3_000
# Sites that are remembered to have made room.
MOST_FORGOTTEN = 10_000

_latest = select(func.max(PolicyVersion.n)).where(PolicyVersion.site_id == Site.id).correlate(Site).scalar_subquery()
_classifier_n = (
    select(ClassifierVersion.n)
    .where(ClassifierVersion.site_id == Site.id, ClassifierVersion.state == ClassifierState.IN_FORCE)
    .correlate(Site)
    .scalar_subquery()
)
_IN_FORCE = Prepared(
    select(Site.id, Site.settings_json, _latest, _classifier_n).where(Site.id.in_(bindparam("ids", expanding=True)))
)

_Wanted = tuple[dict[str, Any], int | None, int | None, date]


_UNREADABLE = "people decide everything here: this release cannot read the policy in force"


class Policies:
    """Compiled policies by site. One indexed query a batch says which version counts, so a change counts at once."""

    def __init__(self, *, freeze: bool = False) -> None:
        """`freeze`: keep what is compiled out of the garbage collector's sight. Visiting the words of a policy stops
        a judge for a tenth of a second or more, again and again."""
        self._freeze = freeze
        self._compiled: dict[str, tuple[_Wanted, SitePolicy]] = {}
        # Sites whose policies had to make room: to compile many of them again means that the bound is too low here.
        self._forgotten: set[str] = set()

    def of(self, session: Session, site_ids: Collection[str], today: date) -> dict[str, SitePolicy]:
        """The policy in force for each site; what expired before `today` is left out."""
        found: dict[str, SitePolicy] = {}
        new = given_up = False
        for site_id, settings, n, classifier_n in _IN_FORCE.found(session, {"ids": site_ids}):
            wanted = (settings, n, classifier_n, today)
            known = old = self._compiled.pop(site_id, None)
            if known is None or known[0] != wanted:
                known = (wanted, compile_in_force(_read(session, site_id, *wanted)))
                why = "changed" if old is not None else "again" if site_id in self._forgotten else "new"
                POLICIES_COMPILED.labels(why).inc()
            # At the end: whoever stands in front was asked for longest ago.
            self._compiled[site_id] = known
            found[site_id] = known[1]
            new = new or known is not old
            given_up = given_up or (old is not None and known is not old)
        given_up = self._make_room() or given_up
        if new and self._freeze:
            # Only where there is something to find among what was kept: it takes a tenth of a second or more.
            if given_up:
                gc.unfreeze()
            gc.collect()
            gc.freeze()
        return found

    def _make_room(self) -> bool:
        """Forgets the policies that were asked for longest ago; whether there were any. Of those with a classifier,
        which is 2 MB, so many stay; of all, as many as have not too many words together."""
        learned = [site_id for site_id, (_, kept) in self._compiled.items() if kept.classifier is not None]
        gone = learned[:-MOST_CLASSIFIERS]
        words, met = 0, set[int]()
        for place, (site_id, (_, kept)) in enumerate(reversed(self._compiled.items())):
            words += WORDS_OF_A_SITE + kept.layered_words
            if kept.words and kept.lists not in met:
                words += WORDS_OF_A_MATCHER + kept.words
            met.add(kept.lists)
            if place and words > MOST_WORDS:
                gone.append(site_id)
        for site_id in gone:
            self._compiled.pop(site_id, None)
        if len(self._forgotten) > MOST_FORGOTTEN:
            self._forgotten.clear()
        self._forgotten.update(gone)
        return bool(gone)


def settings_of(session: Session, site_id: str) -> Mapping[str, Any]:
    """What the policy in force says, without the seconds that trying and compiling it takes."""
    found = session.scalar(newest_policy(site_id))
    if found is not None:
        try:
            return read_settings(found.document)
        except PolicyError:
            # As the worker does with what a newer release sees otherwise.
            log.error("policy_not_understood", site=site_id, n=found.n)
    return default_policy().settings


def policy_at(session: Session, site: Site, version: str | None, today: date) -> SitePolicy | None:
    """A version as decisions name it, compiled; None for one that cannot be had any more."""
    settings = site.settings
    if version == default_version():
        return compile_site(version, default_policy(), settings, today)
    if version is None or not version.isdecimal():
        return None
    found = session.get(PolicyVersion, (site.id, int(version)))
    if found is None:
        return None
    try:
        policy, _ = load_with(session, site.id, found.document, found.lists)
        return compile_site(version, policy, settings, today)
    except PolicyError:
        return None


class InForce(Struct, frozen=True):
    """All that the policy in force of a site is compiled from; goes to another process as JSON. `n` None: the shipped
    policy."""

    site_id: str
    settings: dict[str, Any]
    today: date
    n: int | None = None
    document: str = ""
    lists: dict[str, str] = {}
    classifier: bytes | None = None
    classifier_n: int | None = None


def read_in_force(session: Session, site_id: str, today: date) -> InForce:
    """What is in force for the site now; nothing of it is tried."""
    ((_, settings, n, classifier_n),) = _IN_FORCE.found(session, {"ids": [site_id]})
    return _read(session, site_id, settings, n, classifier_n, today)


def _read(
    session: Session, site_id: str, settings: dict[str, Any], n: int | None, classifier_n: int | None, today: date
) -> InForce:
    classifier = classifier_document(session, site_id, classifier_n)
    if n is None:
        return InForce(site_id, settings, today, classifier=classifier, classifier_n=classifier_n)
    found = session.get_one(PolicyVersion, (site_id, n))
    lists = texts_named(session, site_id, found.document, found.lists)
    return InForce(site_id, settings, today, n, found.document, lists, classifier, classifier_n)


def compile_in_force(found: InForce) -> SitePolicy:
    """What judges by it; where this release cannot read it, people decide."""
    settings, today, n = settings_from(found.settings), found.today, found.n
    classifier = read_classifier(found.site_id, found.classifier_n, found.classifier)
    number = None if classifier is None else found.classifier_n
    if n is None:
        version, policy = default_version(), default_policy()
        return compile_site(version, policy, settings, today, classifier=classifier, classifier_n=number)
    try:
        policy = load_policy(found.document, lists=found.lists)
        return compile_site(str(n), policy, settings, today, classifier=classifier, classifier_n=number)
    except PolicyError as error:
        # It was checked when it was saved; a newer release may see it otherwise.
        log.error("policy_not_understood", site=found.site_id, n=n, problems=len(error.errors))
        default = default_policy()
        judge = compile_judge(default, settings, Mode.MANUAL, today, to_people=_UNREADABLE)
        return SitePolicy(f"{n}-unreadable", judge, settings, default, today, readable=False)
