"""How a comment would look: rendered as it would be published, and kept nowhere."""

from service.errors import TooMany
from service.intake.receive import Caller, Intake
from service.intake.submission.raw import RawSubmission
from service.markup import render
from service.readers.drafts import read_draft, site_asked
from service.readers.types import PreviewAnswer
from service.settings import Rate

# Of one network: rendering costs, and nobody previews more than that by hand.
RATE = Rate(60, 3600.0)


class PreviewedTooOften(TooMany):
    code, title = "too_many_previews", "That was asked very often in a short time"


def preview(intake: Intake, slug: str, raw: RawSubmission, caller: Caller) -> PreviewAnswer:
    """`body` as it would be shown. Raises UnknownSite, ForeignOrigin, Invalid, PreviewedTooOften, Unavailable."""
    site = site_asked(intake, slug, caller)
    html, _ = render(read_draft(intake, site, raw, caller, name="pv", rate=RATE, often=PreviewedTooOften))
    return PreviewAnswer(html=html)
