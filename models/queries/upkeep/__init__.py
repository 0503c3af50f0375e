"""What the worker asks now and then to keep things right and short: recounts, and what is too old.

May enter: selects of the sweep and its like. May not: what a person waits for.
"""
