"""Answers of the moderators' API."""

from typing import Any

import msgspec
from flask import Response


def json_answer(body: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, content_type="application/json")


def keep_private(response: Response) -> Response:
    """What moderators see stays out of every cache."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    # Problem documents let every origin read them; these are for our own pages and for programs.
    response.headers.pop("Access-Control-Allow-Origin", None)
    return response
