"""What readers do about comments besides writing them: votes for what is published.

May enter: requests of anyone on the web, each with a form's signed token, and their plain pages. May not: what the
worker or a moderator makes of it, which is `service.moderation`'s.
"""
