"""What Redis carries between processes: the stream with its group, the desk's backlog, limits and wakes.

Redis carries hints only: ids, revisions, moderators' ids and keyed hashes, never an address and never a text.
Everything here may vanish at any time; the database restores it. Only commands that Redis 7.0, Redis 8 and
Valkey 9 share may enter, with hash-tagged keys wherever one call touches several.
"""
