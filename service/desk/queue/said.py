"""What a page says after a form was sent: code in the address -> sentence."""

from collections.abc import Mapping

from service.localization import Messages
from service.localization import noop as N_

SAID: Mapping[str, str] = Messages(
    {
        "receipt_revoked": N_("The receipt is revoked: its writer cannot come in any more."),
        "replied": N_("Your answer is published below the comment."),
        "messaged": N_("The writer finds your message where the receipt leads."),
        "featured": N_("The comment is featured."),
        "unfeatured": N_("The comment is not featured any more."),
        "pinned": N_("The comment stands first below its article."),
        "unpinned": N_("The comment is not pinned any more."),
        "redacted": N_("The passage is removed for readers; moderators keep the whole text."),
        "thread_kept": N_("The thread is kept as you said."),
        "reply_kept": N_("The saved reply is kept."),
        "reply_deleted": N_("The saved reply is deleted."),
    }
)


def sentence(code: str) -> str:
    """The code's sentence; nothing for a code that is none."""
    return SAID.get(code, "")
