"""Publishing: what readers see, and the mails they asked for.

`outline` and `threads` read the database, `documents` keeps what was built in memory, `routes` and `shortcut` answer
with it, `deliveries` and `mail` send. Nothing in here changes a comment, and no address gets in but for the moment a
mail is sent.
"""
