"""Comments that wait and leave the common list: held for a while or for a person, or escalated for an answer.

May enter: the verbs that set aside, let go and answer, and the sweep that brings back what is due. May not: how a
comment's status changes, which stays with `record` and `decisions`.
"""
