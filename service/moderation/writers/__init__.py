"""What moderators do about a writer, and what is known of one: marks, strikes, the writer at a glance.

May enter: what goes by a writer's chains. May not: an address, or anything that could tell whether a guess of one is
right; a move of a comment, which `jobs` makes.
"""
