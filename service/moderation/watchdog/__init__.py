"""Rules that don't come back: cut off, kept out for a while, named to whoever judges the comment next.

May enter: what watches threads that judge. May not: what a rule found, and anything that costs a comment time.
"""
