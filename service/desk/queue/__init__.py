"""The approval queue: lists of comments, one comment with all that is known of it, decisions.

May enter: what shows comments to moderators or takes their decisions, for the API and the pages alike. May not: what
an administrator sets up (`policy`, `site`).
"""
