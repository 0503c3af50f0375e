"""What moderators know of a writer and do about one, beside a comment: marks, bans with their effect, strikes.

May enter: the doors to `service.moderation.writers` and its sweeps, for the API and the pages. May not: an address, or
an answer that differs for a right and a wrong guess of one.
"""
