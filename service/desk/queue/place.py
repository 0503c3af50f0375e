"""Where in the desk a request is."""

from flask import request

from service.desk.queue.lists.place import DeskLocation


def place_asked(at: str | None = None) -> DeskLocation:
    """Where the request is in the desk, from the query of a page or the hidden fields of a form."""
    return DeskLocation.of_query(request.values, at)
