"""Texts that are nearly the same: a sketch of each, and clusters of those whose sketches agree.

May enter: what compares sketches. May not: where they are kept (`service.moderation.facts.near_copies`).
"""
