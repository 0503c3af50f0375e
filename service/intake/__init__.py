"""Where a reader's comment comes in: what was typed is untrusted until `submission` has made a `Submission` of it.

May enter: requests of anyone on the web. Leaves: a committed comment with status `received`, and its id on the
stream. Each dependency fails in its own way: the limiter opens, Redis is left to the sweep, a busy database is a
503 with Retry-After; nothing that was answered with 202 is lost.
"""
