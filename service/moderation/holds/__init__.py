"""What a move does to a comment's hold: why it waits, and what becomes of it where it was set aside.

May enter: what `record` needs in its transaction. May not: the verbs that set aside or let go (`set_aside`).
"""
