"""Where in the desk a request is."""

from flask import request

from service.desk.queue.board import NARROWING, TABS, WAITING, DeskLocation


def place_asked(at: str | None = None) -> DeskLocation:
    """Where the request is in the desk, from the query of a page or the hidden fields of a form."""
    given = request.values

    def field(name: str, most: int) -> str:
        return given.get(name, "").replace("\x00", "")[:most]

    tab = given.get("tab", WAITING)
    return DeskLocation(
        tab=tab if tab in TABS else WAITING,
        site=field("site", 64),
        q=field("q", 200).strip(),
        at=field("at", 26) if at is None else at.replace("\x00", "")[:26],
        cursor=field("cursor", 60),
        cluster=field("cluster", 26),
        **{name: field(name, most).strip() for name, most in NARROWING.items()},
    )
