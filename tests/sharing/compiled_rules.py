"""Compiles the rules once where it is imported: processes that are forked from there have them."""

from moderation_rules.policy.document import compile_policy, default_policy

compile_policy(default_policy())
