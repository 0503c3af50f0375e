"""Rejoinder's service. A folder is a stop on a comment's way:

    reader's form -> intake -> database (`received`: the row is the outbox) -> 202 and a receipt
                        |  its id on the Redis stream, after the commit
                        v
    queue -> moderation: facts, rules, verdict -> database, in one transaction with its decision
                        |                                   |
                        v                                   v
    backlog -> desk: a person decides          publishing -> widget, plain page, API

`mail` writes to readers who asked for it, `accounts` knows who may, `privacy` keeps addresses sealed, `embedded` runs
it all on one machine, `cli` is the door for operators. Imports run one way; the contract stands in pyproject.toml.

May enter: a stop on that way, or what several of them stand on.
"""
