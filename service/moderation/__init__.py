"""Where a comment is judged: facts, rules, policy, and every move of a comment's status, by machine or person.

What may enter: what reads or moves a comment's status. Nothing here speaks HTTP to readers or moderators. Each
move goes through `moves` (what it means) and `record` (the one transaction that writes it).
"""
