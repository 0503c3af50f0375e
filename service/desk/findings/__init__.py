"""Findings as the desk shows them: marked in the text, and without what an address is met by.

May enter: what turns a kept finding into something to see. May not: queries and pages.
"""
