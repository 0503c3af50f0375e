"""Languages: their tags, and finding out which one a text is in.

May enter: what compares or detects languages. The detector is an extra; without it a language is unknown, never wrong.
"""
