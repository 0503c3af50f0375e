"""Rows for tests of privacy: readers who post under an address, as intake leaves them behind."""

from dataclasses import dataclass
from typing import Any

from models import AddressPurpose, Comment, ProofMethod, Receipt, Site, Status, Thread, new_id
from service.privacy.addresses import record_address
from service.privacy.chains import new_chain
from service.privacy.sealing import Keyring, new_token
from service.wiring import Services


@dataclass
class Writers:
    services: Services
    site: Site
    thread_id: str

    @classmethod
    def on(cls, services: Services, site: Site) -> "Writers":
        thread = Thread(
            id=new_id(), site_id=site.id, key=new_id(), url="http://news.test/1", created_at=services.clock.now()
        )
        with services.write() as session:
            session.add(thread)
        return cls(services, site, thread.id)

    def post(
        self,
        address: str,
        *,
        chain_id: str | None = None,
        proven: ProofMethod | None = None,
        status: Status = Status.PENDING,
        keyring: Keyring | None = None,
        **changes: Any,
    ) -> Comment:
        """A comment under the address; unproven, in a chain of its own, unless told otherwise."""
        now = self.services.clock.now()
        with self.services.write() as session:
            if chain_id is None:
                chain = new_chain(session, self.site.id, now)
                session.flush()
                chain_id = chain.id
            comment = Comment(
                id=new_id(),
                site_id=self.site.id,
                thread_id=self.thread_id,
                chain_id=chain_id,
                proven=proven,
                status=status,
                name="Ada",
                published_version=1 if status is Status.APPROVED else None,
                fingerprint=bytes(16),
                intake_facts={},
                created_at=now,
                sent_at=now,
            )
            for name, value in changes.items():
                setattr(comment, name, value)
            session.add(comment)
            session.flush()
            record_address(
                session,
                keyring or self.services.keyring,
                site_id=self.site.id,
                purpose=AddressPurpose.SUBMISSION,
                owner_id=comment.id,
                address=address,
                now=now,
            )
        return comment

    def receipt(self, comment: Comment, *, keyring: Keyring | None = None, **changes: Any) -> str:
        """The receipt of a comment, kept as intake keeps it."""
        ring = keyring or self.services.keyring
        text = new_token()
        key_id, lookup = ring.index("receipt", text)
        with self.services.write() as session:
            session.add(
                Receipt(
                    comment_id=comment.id,
                    site_id=comment.site_id,
                    sealed=ring.seal("receipt", comment.site_id, comment.id, text),
                    lookup=lookup,
                    key_id=key_id,
                    created_at=self.services.clock.now(),
                    **changes,
                )
            )
        return text

    def thread_version(self) -> int:
        with self.services.read() as session:
            return session.get_one(Thread, self.thread_id).version
