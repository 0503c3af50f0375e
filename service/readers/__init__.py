"""What readers do about comments besides writing them: reports of what others wrote, appeals for what they wrote.

May enter: taking it in, its receipts, and its plain pages. May not: what a moderator's decision makes of it, which is
`service.moderation.complaints`.
"""
