"""Who may do what: moderators, their sign-in and sessions, API keys, receipts that were revoked, what a site is set to,
the mark on every route, the audit trail.

Functions take plain arguments, or `Parts` (the pieces of the running service they need, by structure): this
room stands below the wiring.

May enter: who somebody is and may do. May not: requests and answers but for `access`, comments.
"""
