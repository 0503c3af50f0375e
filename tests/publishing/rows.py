"""Rows for tests of publishing: threads and comments as a decision leaves them behind."""

from dataclasses import dataclass, field
from datetime import timedelta

from models import (
    AddressPurpose,
    Comment,
    CommentVersion,
    Delivery,
    DeliveryKind,
    ProofMethod,
    Site,
    Status,
    Thread,
    ThreadState,
    WriterChain,
    new_id,
)
from service.markup import render
from service.privacy.addresses import record_address
from service.wiring import Services


@dataclass
class Newsroom:
    """Writes under one site as moderators' decisions would; every change moves the thread's version."""

    services: Services
    site: Site
    chains: dict[str, str] = field(default_factory=dict)

    def thread(self, key: str = "4711", **changes: object) -> str:
        thread_id = new_id()
        values: dict[str, object] = {
            "id": thread_id,
            "site_id": self.site.id,
            "key": key,
            "url": f"http://news.test/{key}",
            "title": "A bridge is built",
            "verified": True,
            "state": ThreadState.OPEN,
            "created_at": self.services.clock.now(),
        }
        with self.services.write() as session:
            session.add(Thread(**(values | changes)))
        return thread_id

    def comment(
        self,
        thread_id: str,
        text: str = "Well said.",
        *,
        name: str = "Ada",
        parent: str | None = None,
        status: Status = Status.APPROVED,
        address: str | None = None,
        comment_id: str | None = None,
        **changes: object,
    ) -> str:
        """A comment in this status; an approved one is visible."""
        now = self.services.clock.now()
        comment_id = comment_id or new_id()
        shown = status is Status.APPROVED
        values: dict[str, object] = {
            "id": comment_id,
            "site_id": self.site.id,
            "thread_id": thread_id,
            "parent_id": parent,
            "chain_id": self.chain(name),
            "status": status,
            "name": name,
            "published_version": 1 if shown else None,
            "was_published": shown,
            "fingerprint": b"0" * 16,
            "created_at": now,
            "sent_at": now,
        }
        with self.services.write() as session:
            session.add(Comment(**(values | changes)))
            session.flush()
            html, renderer = render(text)
            session.add(
                CommentVersion(
                    comment_id=comment_id,
                    n=1,
                    text=text,
                    html=html,
                    renderer=renderer,
                    status=status,
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
            thread = session.get_one(Thread, thread_id)
            thread.version += 1
            thread.published_count += shown
        return comment_id

    def chain(self, name: str) -> str:
        if name not in self.chains:
            self.chains[name] = new_id()
            with self.services.write() as session:
                session.add(
                    WriterChain(
                        id=self.chains[name],
                        site_id=self.site.id,
                        avatar_seed=f"seed-{name}",
                        created_at=self.services.clock.now(),
                    )
                )
        return self.chains[name]

    def take_down(self, comment_id: str, status: Status = Status.REJECTED) -> str:
        """Moves a comment out of sight, as a decision does; returns the thread's id."""
        with self.services.write() as session:
            comment = session.get_one(Comment, comment_id)
            thread = session.get_one(Thread, comment.thread_id)
            thread.published_count -= comment.published_version is not None
            thread.version += 1
            comment.status, comment.published_version = status, None
            comment.revision += 1
            return thread.id

    def delivery(self, comment_id: str, kind: DeliveryKind = DeliveryKind.CONFIRM, **changes: object) -> str:
        delivery_id = new_id()
        now = self.services.clock.now()
        values: dict[str, object] = {
            "id": delivery_id,
            "site_id": self.site.id,
            "comment_id": comment_id,
            "kind": kind,
            "next_at": now - timedelta(seconds=1),
            "created_at": now,
        }
        with self.services.write() as session:
            session.add(Delivery(**(values | changes)))
        return delivery_id

    def prove(self, comment_id: str, method: ProofMethod = ProofMethod.LINK) -> None:
        with self.services.write() as session:
            session.get_one(Comment, comment_id).proven = method
