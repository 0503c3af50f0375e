"""What the queue is asked for by several things at once, of which no index has all: each of them by itself.

`facets` says what these things are, `one_facet` has the selects by one of them; `postgresql` and `sqlite` have those by
words, which one of the two alone is asked, by `service.desk.queue.combined`.

May enter: such selects. May not: pages and totals that both are asked for (`models.queries.queue`).
"""
