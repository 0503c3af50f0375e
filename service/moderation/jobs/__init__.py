"""Work over many past comments, page by page: rehearsals, repairs, and what they report.

May enter: work that a killed worker leaves after a committed page, and the next one takes up there. May not: moves
that bypass `record`, and work that must be done before a reader or moderator gets an answer.
"""
