"""What a start on one machine finds or makes in the database: the schema, the demo site, a way in for the operator."""

import re
from dataclasses import dataclass

from redis.exceptions import ResponseError
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Membership, Mode, Moderator, Site, SiteSettings, new_id
from models.migrations import CannotUpgrade, upgrade
from models.site import kept_settings
from service.accounts.moderators import ALL_SITES, set_roles
from service.accounts.sign_in import make_link, sign_in_address
from service.embedded.folder import CannotStart
from service.privacy.key_checks import check_ring, remember_ring
from service.privacy.rotation import fold_anew
from service.queue.old_names import move_old_names
from service.queue.stream import MODERATION, STREAM
from service.redis_keys import key
from service.wiring import Services

DEMO_SLUG = "demo"
OPERATOR = "Operator of this machine"

_LOOPBACK = re.compile(r"^http://(localhost|127\.0\.0\.1)(:\d+)?$")


@dataclass(frozen=True, slots=True)
class SetUp:
    """`sign_in`: the address of a link that works once, for 15 minutes."""

    sign_in: str


def prepare(services: Services, *, demo_port: int | None) -> SetUp:
    """Migrates, sets up the demo site unless `demo_port` is None, and makes a sign-in link.

    Raises CannotStart for a database of a newer version or one that somebody else keeps busy, Misconfigured for one
    sealed under another secret.
    """
    try:
        upgrade(services.engine)
    except CannotUpgrade as error:
        raise CannotStart(str(error)) from None
    with services.read() as session:
        site_ids = list(session.scalars(select(Site.id)))
    move_old_names(services.slow_redis, site_ids, services.know_one_of)
    _make_group(services)
    now = services.clock.now()
    with services.write() as session:
        check_ring(session, services.keyring)
        remember_ring(session, services.keyring, now)
    fold_anew(services.read, services.write, services.keyring)
    with services.write() as session:
        if demo_port is not None:
            _set_up_demo(session, services, demo_port)
        token = make_link(session, moderator_id=_operator(session, services).id, now=now)
    return SetUp(sign_in_address(services, token))


def _make_group(services: Services) -> None:
    """The stream's consumer group: missing on a first start, which is no news; later a worker warns that it was."""
    try:
        services.slow_redis.xgroup_create(key(services.slow_redis, STREAM), MODERATION, id="0", mkstream=True)
    except ResponseError:
        return  # It is there, from an earlier run.


def _set_up_demo(session: Session, services: Services, port: int) -> None:
    """The demo site with this run's two origins; what the operator changed otherwise is kept."""
    origins = [f"http://localhost:{port}", f"http://127.0.0.1:{port}"]
    site = session.scalar(select(Site).where(Site.slug == DEMO_SLUG))
    if site is None:
        settings = SiteSettings(mode=Mode.AUTOMATIC, first_comments_held=True)
        session.add(
            Site(
                id=new_id(),
                slug=DEMO_SLUG,
                name="Demo",
                origins=origins,
                settings_json=kept_settings(settings),
                created_at=services.clock.now(),
            )
        )
        return
    # An earlier run may have had another port.
    wanted = origins + [origin for origin in site.origins if not _LOOPBACK.match(origin)]
    if site.origins != wanted:
        site.origins = wanted


def _operator(session: Session, services: Services) -> Moderator:
    """An administrator without an address or a password: whoever may start the service may sign in to it."""
    known = (
        select(Moderator)
        .join(Membership, Membership.moderator_id == Moderator.id)
        .where(
            Moderator.name == OPERATOR,
            Moderator.disabled_at.is_(None),
            Membership.site_id == ALL_SITES,
            Membership.role == "admin",
        )
        .order_by(Moderator.id)
    )
    found = session.scalars(known).first()
    if found is not None:
        return found
    made = Moderator(id=new_id(), name=OPERATOR, created_at=services.clock.now())
    session.add(made)
    session.flush()
    set_roles(session, made, "admin")
    return made
