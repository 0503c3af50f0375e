from typing import Any

from models import ClassifierState, ClassifierVersion, Site
from moderation_rules.learning.classifier import dump_classifier
from moderation_rules.learning.toy import toy_classifier
from service.wiring import Services


def classifier_version(
    services: Services, site: Site | str, state: ClassifierState, **columns: Any
) -> ClassifierVersion:
    """A classifier as training gives it to `store_classifier`, which numbers and stores it. `site` may be its id."""
    made: dict[str, Any] = {
        "site_id": site if isinstance(site, str) else site.id,
        "state": state,
        "document": dump_classifier(toy_classifier()),
        "checksum": "0" * 64,
        "published": 600,
        "stopped": 212,
        "last_decision_id": "0",
        "measured": {},
        "false_alarms": 0.02,
        "threshold": 0.5,
        "trained_at": services.clock.now(),
    }
    return ClassifierVersion(**(made | columns))
