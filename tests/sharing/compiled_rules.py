"""Compiles the rules once where it is imported, and keeps them: what policies share is made once a process.

Processes that are forked from there have them.
"""

from moderation_rules.policy.document import compile_policy, default_policy

# The service forgets what no policy uses any more: without this each test would make the matcher of the lists anew.
SHIPPED = compile_policy(default_policy())
