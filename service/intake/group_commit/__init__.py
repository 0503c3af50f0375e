"""Group commit: what comes in at the same time is looked up, counted and committed together.

May enter: arrivals, whose fields are checked. Leaves: committed rows and answers. May not: HTTP, and work on a text,
which is done before an arrival gets here.
"""
