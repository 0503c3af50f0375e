"""Everything a reader sees: the embed script, the plain page that works without JavaScript, the writer's receipt page, the demo.

What may enter: pages, their templates and their static files. What a page shows comes from `intake` and `publishing`;
nothing here judges, stores or counts a comment.
"""
