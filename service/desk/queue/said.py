"""What a page says after a form was sent: code in the address -> sentence."""

from collections.abc import Mapping

from service.localization import Messages
from service.localization import noop as N_

SAID: Mapping[str, str] = Messages(
    {
        "receipt_revoked": N_("The receipt is revoked: its writer cannot come in any more."),
    }
)


def sentence(code: str) -> str:
    """The code's sentence; nothing for a code that is none."""
    return SAID.get(code, "")
