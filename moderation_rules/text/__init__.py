"""Text made comparable: folding that sees through spelling tricks and keeps its way back to what was typed.

May enter: what knows characters and words. May not: lists, rules and policies.
"""
