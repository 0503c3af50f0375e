"""Everything a reader sees: the embed script, the plain page without JavaScript, the writer's receipt, the demo.

What may enter: pages, their templates and their static files. What a page shows comes from `intake` and `publishing`;
nothing here judges, stores or counts a comment.
"""
