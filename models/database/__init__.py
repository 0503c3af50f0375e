"""What tables are built with: the declarative base and its types, row ids, statements for many rows at once.

May enter: what knows SQLAlchemy and no table. May not: a table, or anything of a comment.
"""
