"""What the desk shows of reports and appeals.

May enter: rows into views, and their words. May not: a reporter's name, address or network.
"""
