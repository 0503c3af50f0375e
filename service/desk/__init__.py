"""The moderators' room: their API under /api/v1/moderation and their pages under /moderate/.

What may enter: what people with a role, or programs with a key, see and ask for. It decides nothing itself:
decisions go through `service.moderation.decisions`, and both doors, API and pages, read through the same functions.
"""
