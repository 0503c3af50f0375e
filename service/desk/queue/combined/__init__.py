"""The queue asked for several things at once: no index has all of them, so one of them is looked through.

Every facet is counted and the narrowest is taken; where that is long too, it is walked through in order. Each database
has bounds of its own, and its own way to know whether few have the words: `postgresql` by statistics, `sqlite` by
counting. `parts` is what both give.

May enter: ways to find such a page and its total. May not: one thing that is asked for (`retrieval.py` above).
"""
