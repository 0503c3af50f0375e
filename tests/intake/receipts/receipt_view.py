"""What a receipt says, and what can be done with one."""

WAITING = {"status": "waiting", "decided_at": None, "reason": None}
NOW = "2026-03-14T12:00:00Z"


def seen(reader, answer) -> dict:
    view = reader.receipt(answer["receipt"])
    assert view.pop("id") == answer["id"]
    assert (view.pop("redacted"), view.pop("messages")) == (False, [])
    told = {name: view.pop(name) for name in WAITING}
    own = {"text", "html", "version", "shown", "editable", "notify_replies"}
    assert set(view) == own | {"appeal", "appealable", "appeal_to_the_same"}
    return told


def patch(reader, answer, body="Better words."):
    return reader.client.patch(f"/api/v1/receipts/{answer['receipt']}", json={"body": body})


def delete(reader, answer):
    return reader.client.delete(f"/api/v1/receipts/{answer['receipt']}")
