"""What a page says after a form was sent: code in the address -> sentence."""

from collections.abc import Mapping

from service.localization import Messages
from service.localization import noop as N_

SAID: Mapping[str, str] = Messages(
    {
        "writer_banned": N_("The ban is in force."),
        "writer_hold": N_("What this writer sends waits for a person from now on."),
        "writer_trust": N_("This writer is trusted from now on."),
        "writer_note": N_("Noted."),
        "writer_unmarked": N_("Lifted. What it held still waits for a person."),
        "writer_swept": N_("It is in force. What is here already follows in a moment; one undo brings it all back."),
        "already_banned": N_("Nothing was changed: this is banned already. The list of bans has it."),
        "judged_again": N_("It waits for the rules again."),
        "judged_again_all": N_("What could not be judged waits for the rules again."),
        "judged_again_more": N_("Many wait for the rules again; more are left. Press again for the next ones."),
        "judged_again_leased": N_("What could not be judged waits for the rules again, but what colleagues look at."),
        "judged_again_none": N_("There is nothing that could not be judged."),
        "receipt_revoked": N_("The receipt is revoked: its writer cannot come in any more."),
        "held": N_("Held: it has left the common list."),
        "let_go": N_("It waits in the common list again."),
        "escalated": N_("Escalated: it has left the common list until it is answered."),
        "answered": N_("The answer is kept with the comment."),
        "taken_back": N_("Nobody is asked any more: it waits in the common list again."),
        "said_wrong": N_("Noted. Whoever owns the policy finds it on the policy’s page."),
        "standing_ended": N_("Ended: copies to come are judged by the policy again."),
        "replied": N_("Your answer is published below the comment."),
        "messaged": N_("Your message is on the page of the writer’s receipt."),
        "featured": N_("The comment is featured."),
        "unfeatured": N_("The comment is not featured any more."),
        "pinned": N_("The comment stands first below its article."),
        "unpinned": N_("The comment is not pinned any more."),
        "redacted": N_("The passage is removed for readers; moderators keep the whole text."),
        "thread_kept": N_("What you set for the thread holds from now on."),
        "reply_kept": N_("The reply is saved."),
        "reply_deleted": N_("The reply is deleted."),
    }
)


def sentence(code: str) -> str:
    """The code's sentence; nothing for a code that is none."""
    return SAID.get(code, "")
