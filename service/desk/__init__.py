"""The moderators' room: their API under /api/v1/moderation and their pages under /moderate/.

May enter: what people with a role, or programs with a key, see and ask for. May not: a transaction. The desk decides
and stores nothing itself: a view reads the request, checks who may ask, calls a verb of a room below and shapes the
answer; both doors, API and pages, read through the same functions. A contract test looks for what writes here. Inside:
`queue` (lists and decisions), `live` (leases and what changed), `case` (acts upon one comment), `surroundings` (what
stands around it), `findings`, `set_aside`, `writers`, `overview` (threads, investigate, audit, settings), `policy`
(policies, lists, rehearsals), `site` (threads, bans, outside checks, classifiers, people, keys).
"""
