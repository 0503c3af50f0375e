"""Named selects, a file a subject. A select says what is wanted; the session that runs it says when.

May enter: functions that return a `Select`. May not: a session, and anything that writes.
"""
