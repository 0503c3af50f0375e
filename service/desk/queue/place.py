"""Where in the desk a request is."""

from flask import request

from service.desk.queue.board import TABS, WAITING, DeskLocation


def place_asked(at: str | None = None) -> DeskLocation:
    """Where the request is in the desk, from the query of a page or the hidden fields of a form."""
    given = request.values
    tab = given.get("tab", WAITING)
    return DeskLocation(
        tab=tab if tab in TABS else WAITING,
        site=given.get("site", "")[:64],
        q=given.get("q", "").replace("\x00", "")[:200].strip(),
        at=(given.get("at", "") if at is None else at)[:26],
        cursor=given.get("cursor", "")[:60],
        cluster=given.get("cluster", "")[:26],
    )
