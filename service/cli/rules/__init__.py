"""`rejoinder rules …`: trying, checking, explaining and training rules on files, rehearsing on a site.

May enter: commands over files and standard input, and rehearsals of what the database holds. May not: another way to
judge than the service's own.
"""
