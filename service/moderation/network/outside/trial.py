"""Trying a check out: one question about a text that nobody has written, and what came of it in words."""

from collections.abc import Mapping

from models import OutsideCheck, Site, new_id
from service.moderation.network.outside.checks import send
from service.moderation.network.outside.types import CheckedComment, CheckFailed, CheckResult, FailureCode
from service.outgoing import OutgoingFailed
from service.privacy.sealing import SealBroken
from service.wiring import Services

WORDS: Mapping[FailureCode, str] = {
    "bad_url": "its address cannot be used",
    "not_allowed": "its name leads to an address that is not public (REJOINDER_OUTGOING_NETWORKS opens networks)",
    "no_such_host": "there is no such host",
    "timeout": "it did not answer in time",
    "unreachable": "nobody listens there",
    "tls_failed": "its certificate is not good for this name",
    "too_large": "it answers too much",
    "bad_answer": "its answer is none that this kind of check gives",
    "status": "it answers with an error or a redirect",
    "invalid_key": "it does not know the API key",
    "sealed": "its secret opens under no secret that is set; set it anew",
}


class NoAnswer(Exception):
    """The message says why, for an operator."""


def try_out(services: Services, site: Site, check: OutsideCheck) -> CheckResult:
    """Asks the check about a sample, marked as a test. Raises NoAnswer."""
    now = services.clock.now()
    sample = CheckedComment(
        id=new_id(),
        version=1,
        site=site.slug,
        home=f"{site.origins[0]}/",
        thread="test",
        page_url=f"{site.origins[0]}/",
        page_title="A test",
        parent_id=None,
        name="A test",
        website=None,
        text="This is a test of the connection. Nobody has written it.",
        language="en",
        created_at=now,
        test=True,
    )
    try:
        return send(services, check, sample)
    except (OutgoingFailed, CheckFailed) as error:
        raise NoAnswer(WORDS.get(error.code, error.code)) from None
    except SealBroken:
        raise NoAnswer(WORDS["sealed"]) from None
