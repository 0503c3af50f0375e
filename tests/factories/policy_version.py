from typing import Any

from models import PolicyVersion, Site
from models.queries.sites import newest_policy
from service.wiring import Services


def add_policy_version(services: Services, site: Site, document: str, **columns: Any) -> PolicyVersion:
    """Puts a policy in force without asking whether it is a good one."""
    with services.write() as session:
        last = session.scalar(newest_policy(site.id))
        made: dict[str, Any] = {
            "site_id": site.id,
            "n": last.n + 1 if last else 1,
            "document": document,
            "lists": {},
            "note": "",
            "created_at": services.clock.now(),
        }
        version = PolicyVersion(**(made | columns))
        session.add(version)
    return version
