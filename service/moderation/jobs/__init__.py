"""Work over many past comments, chunk by chunk: rehearsals, repairs, and what they report.

May enter: work that a killed worker leaves after a committed chunk, and the next one takes up there. May not: moves
that bypass `record`, and work that must be done before a reader or moderator gets an answer.
"""
