"""What the desk's lists ask beyond the queue: their orders, the decisions behind their lines, views that are saved.

May enter: selects. May not: which filters there are (`models.queries.queue_filter`), and how a page of the queue is put
together (`models.queries.queue`).
"""
