"""What the desk shows of comments that were set aside: as its pages and its API see them, and in words.

May enter: readings of the rows. May not: the verbs (`service.moderation.set_aside`) and their doors (`desk.case`).
"""
