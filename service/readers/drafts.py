"""A comment that is not sent yet, looked at for its writer: which site it is for, what it says, and not too often.

Nothing of it is kept.
"""

from service.errors import TooMany
from service.intake.cors import check_origin
from service.intake.known_sites import KnownSite
from service.intake.receive import Caller, Intake
from service.intake.submission.fields import read_edit
from service.intake.submission.raw import RawSubmission
from service.localization import noop as N_
from service.privacy.prefixes import prefix_hash
from service.settings import Rate

_NOT_NEEDED = N_("The comment can be sent as it is.")


def site_asked(intake: Intake, slug: str, caller: Caller) -> KnownSite:
    """The site whose page asks. Raises UnknownSite, ForeignOrigin, Unavailable."""
    site = intake.sites.read(slug)
    check_origin(caller.origin, [*site.origins, *caller.own_origins])
    return site


def read_draft(
    intake: Intake, site: KnownSite, raw: RawSubmission, caller: Caller, *, name: str, rate: Rate, often: type[TooMany]
) -> str:
    """`body` as it would be kept. `name`, `rate`: how often one network may ask for this. Raises Invalid, `often`."""
    body, _ = read_edit(raw.values, site.settings)
    services = intake.services
    network = b"unknown" if caller.ip is None else prefix_hash(services.keyring, caller.ip, services.clock.now())
    wait = intake.limiter.take([(f"{name}:{network.hex()}", rate)], tag=site.id)
    if wait is not None:
        raise often(_NOT_NEEDED, retry_after=int(wait) + 1)
    return body
