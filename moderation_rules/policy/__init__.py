"""The policy document: YAML in, a compiled judge out, errors with line and column in between.

May enter: what reads, checks or compiles a policy. May not: how a rule looks at a comment, and where a policy is kept.
"""
