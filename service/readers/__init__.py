"""What readers do about comments besides writing them: votes and reports for what others wrote, appeals for what they
wrote.

May enter: taking it in, its receipts, and its plain pages. May not: what the worker counts of it, and what a
moderator's decision makes of it, which are `service.moderation.outbox.vote_counts` and `service.moderation.complaints`.
"""
