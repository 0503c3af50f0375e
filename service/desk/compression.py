"""Answers of the desk, compressed where that gives nothing away.

A page holds the session's token beside what its address says. Whoever can make a browser load such a page again and
again, and sees how long the answers are, could guess the token letter by letter (BREACH,
https://www.breachattack.com). So a page is compressed only for a browser that says its own person or our own page asked
for it; a part of a page always, since no other origin can send the header that asks for one.
"""

import gzip

from flask import Request, Response

# Below this a header and a Vary cost more than they save.
GZIP_FROM = 600
GZIP_LEVEL = 6
TYPES = frozenset({"text/html", "application/json", "text/css", "text/javascript"})
OWN = frozenset({"same-origin", "none"})


def compress(request: Request, response: Response, *, part: bool) -> None:
    """Compresses the answer, unless it is short, or compressed, or a page that somebody else may have asked for."""
    if response.mimetype not in TYPES or "Content-Encoding" in response.headers:
        return
    response.vary.add("Accept-Encoding")
    asked_by_us = part or request.headers.get("Sec-Fetch-Site", "") in OWN
    if response.status_code == 304 or not asked_by_us or not request.accept_encodings.quality("gzip"):
        return
    body = response.get_data()
    if len(body) < GZIP_FROM:
        return
    response.set_data(gzip.compress(body, GZIP_LEVEL, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
