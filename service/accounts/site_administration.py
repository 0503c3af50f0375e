"""Sites: what an operator may change about one, within limits that all of the service can keep, and its numbers."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import DEEPEST, ApiKey, Comment, Membership, Moderator, PolicyVersion, Site, SiteSettings, Status, Thread
from models.site import HIDING_LEAST, place_of
from service.accounts.actors import Actor, Parts, fresh_actor
from service.accounts.audit import audit
from service.accounts.moderators import ALL_SITES
from service.accounts.names import readable
from service.errors import FieldError, Invalid, NotFound, phrase
from service.localization import LANGUAGES_OF_READERS, noop

NAME_MAX = 200
# Least and most of each number. A comment with all its fields has to fit into a request of 64 KiB.
LIMITS: Mapping[str, tuple[int, int]] = {
    "name_max": (5, 200),
    "body_min": (1, 1_000),
    "body_max": (20, 10_000),
    "reply_depth": (1, DEEPEST),
    "spam_reads_waiting": (0, 30 * 86_400),
    "form_token_max_age": (300, 30 * 86_400),
}
# Networks.
REPORTS_HIDE = HIDING_LEAST, 1_000
REPORTS_HIDE_SAID = phrase(
    "Reports hide nothing (0), or from %(least)s to %(most)s networks on: fewer could be one person.",
    least=REPORTS_HIDE[0],
    most=REPORTS_HIDE[1],
)
REASONS_MAX, REASON_WORDS_MAX = 50, 300
REASON_LABEL_MAX, CLAUSE_MAX, REASON_LANGUAGES_MAX = 60, 100, 50
# Of one reason, and of a ladder; the days are those after which a strike counts no more.
STRIKES_MAX, STRIKE_DAYS_MAX = 100, 3650
STAFF_MAX, STAFF_NAME_MAX = 500, 200
GUIDELINE_MAX, ANNOUNCEMENT_MAX = 2_000, 500
TERMS_TEXT_MAX, TERMS_URL_MAX = 300, 2_000
VERSION_SAID = noop("A version has up to 40 of a-z, A-Z, 0-9, full stop, - and _.")
# BCP 47, as far as a newsroom needs it.
LANGUAGE_TAG = re.compile(r"^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}$")
_REASON = re.compile(r"^[a-z][a-z0-9_]{0,39}$")
TERMS_VERSION = "[A-Za-z0-9][A-Za-z0-9._-]{0,39}"
# Not 0, which refuses without a reason of the list.
_REASON_KEY = re.compile(r"^[a-z1-9]?$")


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a site has. `comments`: by status, every status; `policy_version` 0: the shipped policy.

    `moderators`: open accounts with a role there or on every site; `keys`: those that still work.
    """

    threads: int
    comments: Mapping[str, int]
    moderators: int
    keys: int
    policy_version: int


def change_site(
    parts: Parts,
    actor: Actor | None,
    site_id: str,
    *,
    name: str | None = None,
    origins: Sequence[str] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Site:
    """Changes what is given; `settings` by the names of SiteSettings. It counts from the next request on.

    Origins as `scheme://host[:port]`. Raises Invalid, one FieldError for each field that cannot be so, NotFound, and
    SignInNeeded, Forbidden for an actor who doesn't administer the site now.
    """
    now = parts.clock.now()
    with parts.write() as session:
        actor = fresh_actor(session, actor)
        site = session.get(Site, site_id, with_for_update={"key_share": True})
        if site is None:
            raise NotFound("There is no such site.")
        if actor is not None:
            actor.require("admin", site.id)
        before = _said(site)
        if settings:
            found = checked(msgspec.to_builtins(site.settings) | _with_details(site, settings))
            if "terms" in settings and found.terms.version and not (found.terms.text or found.terms.url):
                # Of what was kept before, nobody can be asked while something else is changed.
                message = phrase("Say what writers accept: give the terms an address, or words beside the box.")
                raise Invalid(message, errors=[FieldError("terms.text", "missing", message)])
            site.settings = found
        if name is not None:
            site.name = check_site_name(name)
        if origins is not None:
            site.origins = list(dict.fromkeys(origins))
        after = _said(site)
        details = {
            field: {"before": before[field], "after": value} for field, value in after.items() if before[field] != value
        }
        if details:
            audit(session, actor, "site.set", now=now, site_id=site.id, details=details)
    return site


def _with_details(site: Site, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The same, and with another list of reasons no details of those that are gone."""
    wanted = dict(settings)
    if "reasons" in wanted and "reason_details" not in wanted:
        known = msgspec.to_builtins(site.settings.reason_details)
        wanted["reason_details"] = {code: own for code, own in known.items() if code in wanted["reasons"]}
    return wanted


def checked(values: Mapping[str, Any]) -> SiteSettings:
    """Settings that every part of the service can work with. Raises Invalid for all that cannot be so."""
    try:
        found = msgspec.convert(dict(values), SiteSettings)
    except msgspec.ValidationError as error:
        raise Invalid(str(error)) from None
    wrong = list(_faults(found))
    if wrong:
        raise Invalid(" ".join(error.message for error in wrong), errors=wrong)
    return found


def faults(site: Site, settings: Mapping[str, Any]) -> list[FieldError]:
    """What is wrong with these settings, each of its type, beside all that the site has."""
    found = msgspec.convert(msgspec.to_builtins(site.settings) | dict(settings), SiteSettings)
    return [fault for fault in _faults(found) if fault.field in settings]


def numbers(session: Session, site: Site) -> Numbers:
    """Counted now: on a large site this takes a moment."""
    by_status = dict(
        session.execute(
            select(Comment.status, func.count()).where(Comment.site_id == site.id).group_by(Comment.status)
        ).all()
    )
    people = (
        select(func.count(func.distinct(Moderator.id)))
        .join(Membership, Membership.moderator_id == Moderator.id)
        .where(Membership.site_id.in_([site.id, ALL_SITES]), Moderator.disabled_at.is_(None))
    )
    keys = select(func.count(ApiKey.id)).where(ApiKey.site_id == site.id, ApiKey.revoked_at.is_(None))
    return Numbers(
        threads=session.scalar(select(func.count(Thread.id)).where(Thread.site_id == site.id)) or 0,
        comments={status.value: by_status.get(status, 0) for status in Status},
        moderators=session.scalar(people) or 0,
        keys=session.scalar(keys) or 0,
        policy_version=session.scalar(select(func.max(PolicyVersion.n)).where(PolicyVersion.site_id == site.id)) or 0,
    )


def all_settings(site: Site) -> dict[str, Any]:
    """Every setting by name, defaults among them, as JSON has it."""
    settings = site.settings
    found: dict[str, Any] = msgspec.to_builtins({name: getattr(settings, name) for name in settings.__struct_fields__})
    return found


def _said(site: Site) -> dict[str, Any]:
    return {"name": site.name, "origins": list(site.origins), **all_settings(site)}


def check_site_name(name: str) -> str:
    """The name on one line, without spaces around it. Raises Invalid for none of 1 to 200 characters to be seen."""
    plain = " ".join(name.split())
    if len(plain) > NAME_MAX or not readable(plain):
        message = f"A site's name has 1 to {NAME_MAX} characters that can be seen."
        raise Invalid(message, errors=[FieldError("name", "invalid", message)])
    return plain


def _faults(settings: SiteSettings) -> list[FieldError]:
    found: list[FieldError] = []

    def fault(field: str, message: str) -> None:
        found.append(FieldError(field, "invalid", message))

    for field, (least, most) in LIMITS.items():
        if not least <= getattr(settings, field) <= most:
            fault(field, f"{field} has to be from {least:,} to {most:,}.")
    if settings.language is not None and not LANGUAGE_TAG.match(settings.language):
        fault("language", "A language is a tag such as de or pt-BR.")
    if settings.reader_language is not None and settings.reader_language not in LANGUAGES_OF_READERS:
        fault("reader_language", f"Readers can be spoken to in {', '.join(LANGUAGES_OF_READERS)}.")
    if settings.reports_hide and not REPORTS_HIDE[0] <= settings.reports_hide <= REPORTS_HIDE[1]:
        fault("reports_hide", REPORTS_HIDE_SAID)
    if settings.body_min > settings.body_max:
        fault("body_min", phrase("The least length of a comment cannot be more than the greatest."))
    if len(settings.reasons) > REASONS_MAX:
        fault("reasons", f"A site has at most {REASONS_MAX} reasons.")
    for code, words in settings.reasons.items():
        if not _REASON.match(code):
            fault("reasons", "A reason's code has 1 to 40 of a-z, 0-9 and _, a letter first.")
        if not 0 < len(words.strip()) <= REASON_WORDS_MAX:
            fault("reasons", f"The words of a reason have 1 to {REASON_WORDS_MAX} characters.")
    _check_details(settings, fault)
    for step in ("warn", "hold", "ban"):
        if not 0 <= getattr(settings.strikes, step) <= STRIKES_MAX:
            fault("strikes", f"{step} has to be from 0 (never) to {STRIKES_MAX} strikes.")
    if len(settings.staff_names) > STAFF_MAX:
        fault("staff_names", f"A site has at most {STAFF_MAX} names of staff.")
    if any(len(name.strip()) > STAFF_NAME_MAX or not readable(name.strip()) for name in settings.staff_names):
        fault("staff_names", f"A name of staff has 1 to {STAFF_NAME_MAX} characters that can be seen.")
    _check_form(settings, fault)
    return found


def _check_form(settings: SiteSettings, fault: Callable[[str, str], None]) -> None:
    for field, most in (("guideline", GUIDELINE_MAX), ("announcement", ANNOUNCEMENT_MAX)):
        text = getattr(settings, field)
        if len(text) > most or (text and not any(map(readable, text.split()))):
            fault(field, phrase("This can have at most %(most)s characters, some of which can be seen.", most=most))
    terms = settings.terms
    if terms.version and not re.fullmatch(TERMS_VERSION, terms.version):
        fault("terms.version", VERSION_SAID)
    if (terms.text or terms.url) and not terms.version:
        fault("terms.version", phrase("Terms need a version: it is kept with each comment."))
    if len(terms.text) > TERMS_TEXT_MAX:
        fault("terms.text", phrase("This can have at most %(most)s characters.", most=TERMS_TEXT_MAX))
    if terms.url and (len(terms.url) > TERMS_URL_MAX or place_of(terms.url) is None):
        fault("terms.url", phrase("The address of the terms has to begin with http:// or https://."))


def _check_details(settings: SiteSettings, fault: Callable[[str, str], None]) -> None:
    keys: set[str] = set()
    for code, details in settings.reason_details.items():
        if not _REASON.match(code):
            fault("reason_details", "A reason's code has 1 to 40 of a-z, 0-9 and _, a letter first.")
        if len(details.label) > REASON_LABEL_MAX or len(details.clause) > CLAUSE_MAX:
            said = f"A reason's label has at most {REASON_LABEL_MAX} characters, its clause {CLAUSE_MAX}."
            fault("reason_details", said)
        if len(details.words) > REASON_LANGUAGES_MAX or not all(map(LANGUAGE_TAG.match, details.words)):
            fault("reason_details", "The words of a reason stand by language, a tag such as de or pt-BR.")
        if not all(0 < len(words.strip()) <= REASON_WORDS_MAX for words in details.words.values()):
            fault("reason_details", f"The words of a reason have 1 to {REASON_WORDS_MAX} characters.")
        if not _REASON_KEY.match(details.key):
            fault("reason_details", "A reason's key is one of a-z and 1-9.")
        if details.key and details.key in keys:
            fault("reason_details", f"Two reasons have the key {details.key}.")
        keys.add(details.key)
        if not 0 <= details.strikes <= STRIKES_MAX or not 1 <= details.days <= STRIKE_DAYS_MAX:
            said = f"A reason counts 0 to {STRIKES_MAX} strikes, for 1 to {STRIKE_DAYS_MAX:,} days."
            fault("reason_details", said)
