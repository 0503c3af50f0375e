from datetime import timedelta
from typing import Any

from models import Delivery, DeliveryKind, new_id
from service.wiring import Services


def add_delivery(
    services: Services, site_id: str, comment_id: str, kind: DeliveryKind = DeliveryKind.CONFIRM, **columns: Any
) -> Delivery:
    """A mail about a comment that is due since a second."""
    now = services.clock.now()
    made: dict[str, Any] = {
        "id": new_id(),
        "site_id": site_id,
        "comment_id": comment_id,
        "kind": kind,
        "next_at": now - timedelta(seconds=1),
        "created_at": now,
    }
    delivery = Delivery(**(made | columns))
    with services.write() as session:
        session.add(delivery)
    return delivery
