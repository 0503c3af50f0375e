"""What the queue is asked for by several things at once, of which no index has all: each of them by itself.

`facets` says what these things are; `postgresql` and `sqlite` have the selects that one of the two alone is asked, by
`service.desk.queue.combined`.

May enter: such selects. May not: pages and totals that both are asked for (`models.queries.queue`).
"""
