"""What stands in the desk's list: which tab, narrowed to what, kept as a link or under a name.

May enter: where somebody is in the desk, saved views, what is done to a list as a whole. May not: one comment's pane.
"""
