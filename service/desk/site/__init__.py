"""What the people who run a site set up: threads, bans, outside checks, classifiers, people and keys.

May enter: one concern a file, `…_api` for programs and `…_pages` for browsers. May not: comments themselves (`queue`).
"""
