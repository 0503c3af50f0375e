"""For those who run the service: whether the process lives, whether it can work, and how much there is to do.

May enter: what web and worker tell alike, without Flask; only `routes` knows it.
"""

from service.operations.metrics import listen_for_metrics, metrics_application, metrics_text
from service.operations.readiness import readiness_problems

__all__ = ["listen_for_metrics", "metrics_application", "metrics_text", "readiness_problems"]
