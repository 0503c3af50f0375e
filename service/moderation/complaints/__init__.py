"""Reports and appeals as moderation goes by them: what they weigh, and what a move makes of them.

May enter: what `record` needs in its transaction, and what decisions and the desk ask. May not: taking them in, which
is `service.readers`.
"""
