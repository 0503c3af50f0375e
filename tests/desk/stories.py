"""Comments, people and keys for the desk's tests, written as intake and the worker would have left them."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from models import (
    ActorKind,
    AddressPurpose,
    Comment,
    CommentVersion,
    Decision,
    Site,
    Status,
    Thread,
    WriterChain,
    new_id,
)
from service.accounts.keys import add_key
from service.accounts.moderators import add_moderator
from service.accounts.sessions import cookie_name, start_session
from service.privacy.addresses import record_address
from service.wiring import Services

CANARY = "canary.desk@mailbox.example"
PASSWORD = "a long walk by the river 7"


def finding(
    rule: str, message: str = "", start: int | None = None, end: int | None = None, **more: Any
) -> dict[str, Any]:
    """A finding as a decision keeps it."""
    about = "text" if start is not None else None
    return {
        "rule": rule,
        "version": 1,
        "score": 3.0,
        "field": about,
        "start": start,
        "end": end,
        "message": message,
        "verdict": None,
        "observe": False,
        "could_not_check": False,
        "code": "",
    } | more


@dataclass
class Story:
    """Writes into one service; times go on by a minute with each comment."""

    services: Services
    site: Site
    minutes: int = 0
    chains: dict[str, str] = field(default_factory=dict)

    def thread(self, key: str = "4711", title: str = "Council votes on the bridge", **more: Any) -> str:
        """The id of the thread, made on first use."""
        with self.services.write() as session:
            known = session.scalar(select(Thread).where(Thread.site_id == self.site.id, Thread.key == key))
            if known is None:
                known = Thread(
                    id=new_id(),
                    site_id=self.site.id,
                    key=key,
                    url=f"http://news.test/{key}",
                    title=title,
                    created_at=self.services.clock.now(),
                    **({"tags": [], "verified": True} | more),
                )
                session.add(known)
            return known.id

    def comment(
        self,
        text: str = "The bridge is long overdue.",
        *,
        name: str = "Mira Holm",
        status: Status = Status.PENDING,
        findings: list[dict[str, Any]] | None = None,
        chain: str = "",
        thread: str = "4711",
        address: str = "",
        thread_more: dict[str, Any] | None = None,
        facts: dict[str, Any] | None = None,
        **more: Any,
    ) -> str:
        """The id of a comment that a policy has judged to `status`."""
        thread_id = self.thread(thread, **(thread_more or {}))
        now = self.services.clock.now() - timedelta(hours=2) + timedelta(minutes=self.minutes)
        self.minutes += 1
        comment_id, decision_id = new_id(), new_id()
        published = 1 if status is Status.APPROVED else None
        with self.services.write() as session:
            chain_id = self.chains.get(chain, "")
            if not chain_id:
                chain_id = new_id()
                session.add(WriterChain(id=chain_id, site_id=self.site.id, avatar_seed=chain_id[-12:], created_at=now))
                session.flush()
                if chain:
                    self.chains[chain] = chain_id
            session.add(
                Comment(
                    id=comment_id,
                    site_id=self.site.id,
                    thread_id=thread_id,
                    chain_id=chain_id,
                    status=status,
                    revision=1,
                    name=name,
                    published_version=published,
                    was_published=published is not None,
                    fingerprint=b"\0" * 16,
                    created_at=now,
                    sent_at=now,
                    decided_at=now,
                    **({"intake_facts": {"form_age": 42.0, "form_token": "valid"}} | more),
                )
            )
            session.flush()
            session.add(
                CommentVersion(
                    comment_id=comment_id, n=1, text=text, html="<p>…</p>", renderer=1, status=status, created_at=now
                )
            )
            session.add(
                Decision(
                    id=decision_id,
                    comment_id=comment_id,
                    site_id=self.site.id,
                    version_n=1,
                    revision=1,
                    action={"pending": "pending", "approved": "approve", "rejected": "reject", "spam": "spam"}[status],
                    from_status=Status.RECEIVED,
                    to_status=status,
                    actor_kind=ActorKind.POLICY,
                    policy_version="default@test",
                    score=3.0 * len(findings or []),
                    findings=findings or [],
                    facts=facts or {},
                    created_at=now,
                )
            )
            if address:
                record_address(
                    session,
                    self.services.keyring,
                    site_id=self.site.id,
                    purpose=AddressPurpose.SUBMISSION,
                    owner_id=comment_id,
                    address=address,
                    now=now,
                )
        return comment_id

    def moderator(
        self,
        name: str = "Anna",
        role: str = "moderator",
        *,
        sites: list[str] | None = None,
        password: str | None = None,
    ) -> str:
        """The id of a moderator of this site (or of `sites`; [] for every site). Address: name@desk.example."""
        with self.services.write() as session:
            made = add_moderator(
                session,
                self.services.keyring,
                now=self.services.clock.now(),
                address=f"{name.lower()}@desk.example",
                role=role,
                sites=[self.site.id] if sites is None else sites,
                name=name,
                password=password,
            )
            return made.id

    def key(self, scope: str) -> str:
        """The text of an API key of this site."""
        with self.services.write() as session:
            return add_key(session, site_id=self.site.id, scope=scope, now=self.services.clock.now())[1]

    def session(self, moderator_id: str) -> str:
        """A signed-in browser's cookie value."""
        with self.services.write() as session:
            return start_session(session, moderator_id=moderator_id, now=self.services.clock.now())

    @property
    def cookie(self) -> str:
        return cookie_name(self.services.settings.secure)
