"""Mails that readers asked for: taken from the database, put into words, sent.

May enter: what happens between a delivery's row and a mail server. May not: who gets a mail and why (`moderation`
writes the rows), and a reader's own words: whoever types a stranger's address must not get to write to them.
"""
