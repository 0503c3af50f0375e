"""Publishing: what readers see.

`thread_rows` reads the database, `outline` gives it a shape, `documents` keeps what was built in memory, `routes` and
`shortcut` answer with it. May enter: what is approved, as JSON. May not: anything that changes a comment, and an
address.
"""
