"""The queue: lists of comments, one comment with all that is known of it, decisions, and the trail of them.

May enter: what shows comments to moderators or takes their decisions, for the API and the pages alike. May not: what
an administrator sets up (`policy`, `site`).
"""
