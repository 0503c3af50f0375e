from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from models import ActorKind, Comment, DeliveryKind, Site, Status, Thread
from models.queries.threads import thread_named
from service.accounts.sessions import cookie_name
from service.wiring import Services
from tests.factories.api_key import add_api_key
from tests.factories.comment import comment_in_status
from tests.factories.decision import move_comment
from tests.factories.delivery import add_delivery
from tests.factories.desk_session import add_desk_session
from tests.factories.moderator import add_moderator
from tests.factories.thread import add_thread
from tests.factories.writer_chain import add_chain


@dataclass
class Newsroom:
    """One site with the factories bound to it; answers ids, which is what a URL or a request's body names.

    With `first_at` comments are a minute apart from then on; without it all of them are of now.
    """

    services: Services
    site: Site
    first_at: datetime | None = None
    minutes: int = 0
    chains: dict[str, str] = field(default_factory=dict)

    def thread(self, key: str = "4711", **columns: Any) -> str:
        """The id of the thread that the site calls `key`, made on first use."""
        with self.services.read() as session:
            known = session.scalar(thread_named(self.site.id, key))
        if known is not None:
            return known.id
        made = {"title": "Council votes on the bridge", "verified": True, "created_at": self.services.clock.now()}
        return add_thread(self.services, self.site, key, **(made | columns)).id

    def comment(
        self,
        text: str = "The bridge is long overdue.",
        *,
        status: Status = Status.PENDING,
        thread: str = "",
        chain: str = "",
        **more: Any,
    ) -> str:
        """A comment in this status: see `comment_in_status`.

        `thread` is an id (default: the thread 4711); comments with one name in `chain` are of one writer.
        """
        at = self.services.clock.now()
        if self.first_at is not None:
            at = self.first_at + timedelta(minutes=self.minutes)
            self.minutes += 1
        with self.services.read() as session:
            stands_in = session.get_one(Thread, thread or self.thread())
        facts = {"form_age": 42.0, "form_token": "valid"}
        columns: dict[str, Any] = {"name": "Mira Holm", "created_at": at, "sent_at": at, "intake_facts": facts} | more
        if chain:
            columns["chain"] = self.chain(chain)
        return comment_in_status(self.services, stands_in, text, status, **columns).id

    def published(self, text: str = "Well said.", **more: Any) -> str:
        """A comment that a policy has approved: it is up."""
        return self.comment(text, status=Status.APPROVED, **more)

    def take_down(self, comment_id: str, status: Status = Status.REJECTED) -> str:
        """Moves a comment out of sight, as a person does; returns its thread's id."""
        move_comment(self.services, comment_id, status, kind=ActorKind.MODERATOR)
        with self.services.read() as session:
            return session.get_one(Comment, comment_id).thread_id

    def chain(self, name: str, **columns: Any) -> str:
        """The id of the writer chain that the test calls `name`, made on first use."""
        if name not in self.chains:
            self.chains[name] = add_chain(self.services, self.site, **columns).id
        return self.chains[name]

    def delivery(self, comment_id: str, kind: DeliveryKind = DeliveryKind.CONFIRM, **columns: Any) -> str:
        return add_delivery(self.services, self.site.id, comment_id, kind, **columns).id

    def moderator(
        self, name: str = "Anna", role: str = "moderator", *, everywhere: bool = False, password: str | None = None
    ) -> str:
        """A moderator of this site, or of every site; their address: name@desk.example."""
        sites = [] if everywhere else [self.site]
        address = f"{name.lower()}@desk.example"
        return add_moderator(self.services, role, *sites, address=address, name=name, password=password).id

    def key(self, scope: str) -> str:
        """The text of an API key of this site."""
        return add_api_key(self.services, self.site, scope)

    def session(self, moderator_id: str) -> str:
        """A signed-in browser's cookie value."""
        return add_desk_session(self.services, moderator_id)

    @property
    def cookie(self) -> str:
        return cookie_name(self.services.settings.secure)
