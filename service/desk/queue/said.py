"""What a page says after a form was sent: code in the address -> sentence."""

from collections.abc import Mapping

from service.localization import gettext
from service.localization import noop as N_

SAID: Mapping[str, str] = {
    "kept": N_("Seen and kept: it is not among what is unreviewed any more."),
    "receipt_revoked": N_("The receipt is revoked: its writer cannot come in any more."),
}


def sentence(code: str) -> str:
    """The code's sentence; nothing for a code that is none."""
    return gettext(SAID[code]) if code in SAID else ""
