"""Redis as it is run in production, from Debian's programs: with sentinels, or as a cluster. On 127.0.0.1 only.

For tests and for whoever shows the service under load: they start what they break.
"""

from tests.topologies.redis_cluster import Cluster, cluster
from tests.topologies.redis_node import REDIS_SERVER, RedisNode, documented_rights, free_ports
from tests.topologies.redis_sentinels import Sentinels, sentinels

__all__ = [
    "REDIS_SERVER",
    "Cluster",
    "RedisNode",
    "Sentinels",
    "cluster",
    "documented_rights",
    "free_ports",
    "sentinels",
]
