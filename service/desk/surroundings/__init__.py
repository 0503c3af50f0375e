"""What a moderator reads beside one comment: the conversation, the same text elsewhere, what changed from text to text.

May enter: readings and pure functions for the pane, in the API's types. May not: routes, and what is done with a
comment.
"""
