"""Signatures of Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks, spec 1.0): any of its
libraries can check them."""

import base64
import binascii
import hmac
import secrets
from datetime import datetime

PREFIX = "whsec_"
SECRET_BYTES = range(24, 65)


def new_signing_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def secret_bytes(secret: str) -> bytes:
    """The key in `whsec_…`. Raises ValueError for another form or length."""
    if not secret.startswith(PREFIX):
        raise ValueError("not a signing secret")
    try:
        found = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None
    if len(found) not in SECRET_BYTES:
        raise ValueError("too short or too long")
    return found


def signed(secret: str, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers that prove who sent the body and when. `message_id` has no full stop."""
    timestamp = str(int(at.timestamp()))
    content = f"{message_id}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.digest(secret_bytes(secret), content, "sha256")).decode()
    return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": f"v1,{signature}"}
