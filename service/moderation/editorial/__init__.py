"""What the editors say and do with words, beside deciding: answer in public, write to a writer, cut out a passage,
feature and pin.

May enter: verbs that moderators ask for, each in one transaction with its entry in the trail. Whether the actor
may moderate the comment is asked here. A comment's status changes nowhere but in `service.moderation.record`.
"""
