"""Facts that others have to be asked for: mail domains by DNS, outside checks by HTTP. All of it in the slow lane.

May enter: questions with a time-out shorter than a worker's claim, each failing into "could not check". May not: a
transaction that stays open meanwhile, and anything that makes a comment wait that nobody asks about.
"""
