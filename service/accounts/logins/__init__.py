"""Readers whom a site signs in: the keys that it does so with.

May enter: what administrators set. How a login is checked is `service.intake.submission.logins`.
"""
