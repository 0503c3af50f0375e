"""Copies of an installation: taken while it runs, put back into an empty one, with what was erased since kept erased.

May enter: the manifest, the databases' own tools, the log of erasures. Not: secrets, which no backup holds.
"""
