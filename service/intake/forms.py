"""What a site's form asks for, as the widget, programs and the plain page read it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Site, SiteSettings, Thread, ThreadState, WebsiteField
from models.readers.vote import VALUES
from service.intake.known_sites import site_by_slug
from service.intake.submission.fields import EMAIL_MAX, HONEYPOT, read_thread_key
from service.intake.submission.form_tokens import VOTE_AFTER, issue_token
from service.intake.submission.web_addresses import MAX_LENGTH as URL_MAX
from service.intake.types import (
    FormAnswer,
    FormFields,
    FormTerms,
    FormVotes,
    FormWebsite,
    Lengths,
    MostLength,
    ReaderSettings,
)
from service.wiring import Services


def describe_form(services: Services, session: Session, slug: str, thread_key: str | None) -> FormAnswer:
    """The form of a thread, with a fresh token. One without comments yet is open. Raises UnknownSite, InvalidQuery."""
    site = site_by_slug(session, slug)
    is_open, questions = (True, False) if thread_key is None else _thread(session, site, read_thread_key(thread_key))
    settings = site.settings
    words = settings.guideline or settings.announcement or settings.terms.version
    return FormAnswer(
        token=issue_token(services.keyring, site, services.clock.now()),
        open=is_open,
        fields=form_fields(settings, mails=services.settings.sends_mail),
        votes=form_votes(site),
        settings=ReaderSettings(
            language=site.settings.reader_language or site.settings.language,
            reply_depth=site.settings.reply_depth,
            nudge=site.settings.nudge,
            house=bool(words) or questions or settings.website is WebsiteField.OPTIONAL,
            questions=questions,
            parts=["votes"] if VALUES[site.settings.votes] else [],
        ),
        guideline=site.settings.guideline,
        announcement=site.settings.announcement,
    )


def form_votes(site: Site) -> FormVotes | None:
    """None where the site takes no votes."""
    values = VALUES[site.settings.votes]
    return FormVotes(list(values), VOTE_AFTER) if values else None


def form_fields(settings: SiteSettings, *, mails: bool) -> FormFields:
    """What every form of the site asks for, the widget's and the plain page's. `mails`: whether the service can send
    any; without, nothing that needs one is offered."""
    terms = settings.terms
    return FormFields(
        name=Lengths(1, settings.name_max),
        email=MostLength(EMAIL_MAX),
        website=None
        if settings.website is WebsiteField.OFF
        else FormWebsite(URL_MAX, shown=settings.website is WebsiteField.SHOWN),
        body=Lengths(settings.body_min, settings.body_max),
        honeypot=HONEYPOT,
        confirm=mails,
        notify=mails,
        notify_replies=mails,
        terms=FormTerms(terms.version, terms.text, terms.url) if terms.version else None,
    )


def _thread(session: Session, site: Site, key: str) -> tuple[bool, bool]:
    """Whether it takes comments, and whether it is one of questions."""
    query = select(Thread.state, Thread.questions).where(Thread.site_id == site.id, Thread.key == key)
    found = session.execute(query).one_or_none()
    return (True, False) if found is None else (found[0] is ThreadState.OPEN, found[1])
