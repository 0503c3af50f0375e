from datetime import timedelta
from typing import Any

from models import Site, Thread, ThreadState, new_id
from service.wiring import Services


def add_thread(services: Services, site: Site | str, key: str = "article-1", **columns: Any) -> Thread:
    """An open thread without comments, made a day ago by a reader's post. `site` may be its id."""
    made: dict[str, Any] = {
        "id": new_id(),
        "site_id": site if isinstance(site, str) else site.id,
        "key": key,
        "url": f"http://news.test/{key}",
        "tags": [],
        "state": ThreadState.OPEN,
        "verified": False,
        "version": 0,
        "placed_version": 0,
        "published_count": 0,
        "created_at": services.clock.now() - timedelta(days=1),
    }
    thread = Thread(**(made | columns))
    with services.write() as session:
        session.add(thread)
    return thread
