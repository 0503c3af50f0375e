"""What the desk's pages say of comments that were set aside."""

from service.desk.types import SetAsideView
from service.desk.wording import by
from service.localization import gettext as _


def asked(code: str) -> str:
    """Whom an escalation asks."""
    return {"editor": _("the editor"), "legal": _("legal"), "lead": _("the lead")}[code]


def title(aside: SetAsideView) -> str:
    """Why it is not in the common list: "Held for Ben", "Escalated to legal"."""
    name = aside.moderator and (aside.moderator.name or _("somebody"))
    if aside.to is None:
        return _("Held for %(name)s", name=name) if name else _("Held for later")
    to = asked(aside.to)
    return _("Escalated to %(to)s (%(name)s)", to=to, name=name) if name else _("Escalated to %(to)s", to=to)


def set_aside_by(aside: SetAsideView) -> str:
    """Who has set it aside."""
    return _("by %(name)s", name=by(aside.by, None))


def end(aside: SetAsideView) -> str:
    """How that ended, before the time at which it did."""
    name = by(aside.ended_by, None) if aside.ended_by else ""
    if aside.ended == "time":
        return _("came back by itself")
    if aside.ended == "answered":
        return _("answered by %(name)s", name=name)
    if aside.ended == "decided":
        return _("ended with the decision of %(name)s", name=name)
    return _("let go by %(name)s", name=name)
