"""Publishing: what readers see.

`pages` reads which comments a page has, `thread_rows` what they say, `documents` keeps what was built in memory,
`routes` and `shortcut` answer with it. May enter: what is approved, as JSON. May not: anything that changes a comment,
and an address.
"""
