"""Keys of a site: those that programs come in with, and those that sign its readers' logins.

May enter: doors to make, show and end a key. A key itself, or a secret, is in the answer that made it and nowhere else.
"""
