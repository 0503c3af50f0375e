"""Entries of lists made ready to be found, what the package ships of them, and a text's words as they are looked at.

May enter: what makes an entry findable. May not: what its words mean here (`context`).
"""
