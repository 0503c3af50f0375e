"""The service describes itself: `/openapi.json` from what the views say beside themselves, `/docs` to read it, and
`/policy.schema.json` from what the rules say of themselves.

What may enter: putting the description together and showing it. What a view takes and answers stands at the view.
"""

from service.openapi.routes import blueprint

__all__ = ["blueprint"]
