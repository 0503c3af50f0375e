"""Entries of lists made ready to be found, and what the package ships of them; what a text has is found elsewhere."""
