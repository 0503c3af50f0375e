"""The desk's single keys, in the order in which `?` shows them."""

from service.localization import noop as N_

KEYS: tuple[tuple[str, str], ...] = (
    ("j", N_("Next comment")),
    ("k", N_("Comment before")),
    ("a", N_("Approve")),
    ("r", N_("Reject, then the key of the reason")),
    ("s", N_("Spam")),
    ("h", N_("Hold for later, or for somebody")),
    ("e", N_("Escalate, with a question")),
    ("f", N_("Seen and fine: leave it as it is")),
    ("b", N_("Back to what waits")),
    ("w", N_("About the writer: ban, hold, trust, note")),
    ("l", N_("Add the selected words to the policy")),
    ("v", N_("Show it as readers will see it, or only as typed")),
    ("c", N_("Decide near copies together")),
    ("u", N_("Undo the last decision")),
    ("x", N_("Select this comment; approve and spam then go for all selected")),
    ("X", N_("Select all from the last one selected to this one")),
    ("z", N_("While held: show softened text")),
    ("y", N_("Answer in the newsroom’s name")),
    ("m", N_("Write to its writer")),
    ("g", N_("Feature it, or no longer")),
    ("i", N_("Pin it above the thread, or no longer")),
    ("d", N_("Remove a passage")),
    ("t", N_("The thread: open, held or closed, and a banner")),
    ("/", N_("Search")),
    ("Esc", N_("Back to the list, close what is open")),
    ("?", N_("This list")),
)
