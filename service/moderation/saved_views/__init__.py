"""What moderators ask the queue for, kept under names.

May enter: saving a view, sharing it with a site, forgetting it. May not: what a view shows, which the desk reads.
"""
