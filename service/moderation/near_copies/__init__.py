"""Near copies as people deal with them: decisions that also hold for copies still to come.

May enter: verbs on clusters that a person asks for, and what the worker reads of them. May not: how copies are found
(`service.moderation.facts.near_copies`), or work over many comments, which is a job (`service.moderation.jobs`).
"""
