"""What is done with one comment besides deciding it: the doors behind the pane's tools, for the API and the pages.

May enter: one file an action, with its form and its route. May not: how the pane is put together (`queue`), and what
an administrator sets up (`policy`, `site`).
"""
