"""Rows for tests, as the service itself would have left them: one module a model, and `newsroom` for a site's desk.

Plain typed functions instead of factory_boy: most of these rows are made by verbs of the service, which want its clock,
its keyring and a transaction, and a function hands them on where a declarative class would have to hide them.

Every factory commits what it makes. Arguments named `columns` go over what it would have written.
"""

from tests.factories.address import add_address
from tests.factories.api_key import add_api_key
from tests.factories.classifier_version import classifier_version
from tests.factories.comment import add_comment, comment_in_status, edit
from tests.factories.decision import add_decision, finding, move_comment
from tests.factories.delivery import add_delivery
from tests.factories.desk_session import add_desk_session
from tests.factories.moderator import add_moderator
from tests.factories.newsroom import Newsroom
from tests.factories.policy_version import add_policy_version
from tests.factories.receipt import add_receipt
from tests.factories.site import add_site
from tests.factories.thread import add_thread
from tests.factories.writer_chain import add_chain

__all__ = [
    "Newsroom",
    "add_address",
    "add_api_key",
    "add_chain",
    "add_comment",
    "add_decision",
    "add_delivery",
    "add_desk_session",
    "add_moderator",
    "add_policy_version",
    "add_receipt",
    "add_site",
    "add_thread",
    "classifier_version",
    "comment_in_status",
    "edit",
    "finding",
    "move_comment",
]
