"""What a reader typed, field by field: read, repaired or refused. Only what has passed is a `Submission`.

May enter: checks of a request's own values. May not: the database, Redis and the network, but for a form token's key.
"""
