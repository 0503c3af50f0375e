"""What an open desk asks for again and again: who looks at what, what has changed in its list, the lines that are new.

May enter: small answers to the page's script, cheap enough for every moderator every few seconds. May not: whole pages.
"""
