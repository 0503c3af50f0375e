"""Runs that take minutes or hours, as scripts that anyone can start; the suite runs their short forms."""
