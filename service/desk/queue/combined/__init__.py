"""The queue asked for several things at once: no index has all of them, so one of them is looked through.

Each database has its own way to find which. `postgresql`: every facet is counted and the narrowest is taken, or words
where statistics say that few have them. `sqlite`: it has no such statistics, and joins in an order that it is told, so
the first facet that is short is taken. What is short on neither is walked through in order. `parts` is what both give.

May enter: ways to find such a page and its total. May not: one thing that is asked for (`service.desk.queue.paging`).
"""
