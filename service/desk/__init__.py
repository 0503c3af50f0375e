"""The moderators' room: their API under /api/v1/moderation and their pages under /moderate/.

May enter: what people with a role, or programs with a key, see and ask for: requests into types, a verb of a room
below, its result into an answer. May not: a transaction. The desk decides and stores nothing itself; the verbs stand
beside what they write. Inside: `queue` (comments and decisions), `policy` (policies, lists, rehearsals), `site`
(threads, bans, outside checks, classifiers, people, keys).
"""
