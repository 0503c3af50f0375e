"""What readers do besides writing comments.

May enter: tables of what readers do. May not: what is made of it (`service.moderation`).
"""
