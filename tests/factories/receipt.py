from typing import Any

from models import Comment, Receipt
from service.privacy.receipts import RECEIPT
from service.privacy.sealing import Keyring, new_keyed_token
from service.wiring import Services


def add_receipt(services: Services, comment: Comment, *, keyring: Keyring | None = None, **columns: Any) -> str:
    """The text of a new receipt of the comment, kept as intake keeps it."""
    ring = keyring or services.keyring
    text = new_keyed_token()
    key_id, lookup = ring.index(RECEIPT, text)
    made: dict[str, Any] = {
        "comment_id": comment.id,
        "site_id": comment.site_id,
        "sealed": ring.seal(RECEIPT, comment.site_id, comment.id, text),
        "lookup": lookup,
        "key_id": key_id,
        "created_at": services.clock.now(),
    }
    with services.write() as session:
        session.add(Receipt(**(made | columns)))
    return text
