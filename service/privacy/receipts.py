"""Whose receipt it is: found by a keyed hash, never by itself."""

import re

from sqlalchemy import Select, select

from models import Comment, Receipt
from service.privacy.sealing import Keyring

# What receipts are hashed for, and so told apart from anything else that is.
RECEIPT = "receipt"
# 128 random bits in base64, as they stand in an address.
RECEIPT_PATTERN = r"[A-Za-z0-9_-]{22}"
_RECEIPT = re.compile(RECEIPT_PATTERN)


def comment_of_receipt(keyring: Keyring, receipt: str) -> Select[Comment] | None:
    """The comment of a receipt that was not revoked; None for what can be no receipt."""
    if not _RECEIPT.fullmatch(receipt):
        return None
    return (
        select(Comment)
        .join(Receipt, Receipt.comment_id == Comment.id)
        .where(Receipt.lookup.in_(keyring.indexes(RECEIPT, receipt)), Receipt.revoked_at.is_(None))
    )
