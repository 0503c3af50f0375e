"""`rejoinder rules …`: trying, checking, explaining, training and rehearsing rules without a server.

May enter: commands over files and standard input. May not: another way to judge than the service's own.
"""
