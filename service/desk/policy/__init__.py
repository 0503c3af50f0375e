"""A site's policy on the desk: versions, comparison, word lists, rehearsals and repairs.

May enter: the API and pages for changing how comments are judged. May not: how a version is saved or a job is done;
those verbs are `service.moderation.policies` and `service.moderation.jobs`.
"""
