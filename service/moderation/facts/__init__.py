"""What is known about the comments of a batch before they are judged: one set of queries, whatever the batch's size.

May enter: readings of the database that become `Facts`. May not: a judgement, a write, or the network; a fact that has
to be asked of others comes from `network`.
"""
