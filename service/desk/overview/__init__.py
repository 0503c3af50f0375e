"""Pages that look over the whole of it: threads side by side, what a query finds over time, who did what.

What they show is read from `models.queries` and from the rooms beside; what they do is asked of the same verbs.

May enter: pages about many things at once. May not: one comment (`case`), one site's settings (`site`).
"""
