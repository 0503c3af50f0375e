"""What an upgrade means for an installation, told before anything is done to it.

May enter: the list of breaking changes (`breaking.yaml`) and what reads it. Not: what changes a database.
"""
