"""What the fast path lost: comments are sent again, the stream is trimmed, backlogs are made anew from the database.

May enter: repairs of what Redis holds. May not: anything that judges or moves a comment.
"""
