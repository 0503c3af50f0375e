"""A site's policy and word lists, in versions, and the judge that is compiled from them.

May enter: what is saved, switched on and rolled back, and reading it for judging. May not: HTTP, and the rules
themselves, which are `moderation_rules`.
"""
