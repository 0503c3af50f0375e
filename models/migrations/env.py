from typing import Any, Literal

from alembic import context
from sqlalchemy import JSON

from models import Base
from models.database.base import UtcTime, Word


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Writes plain column types into a migration: it must still run when today's classes are gone."""
    if kind != "type":
        return False
    if isinstance(item, UtcTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, Word):
        return f"sa.String({item.impl.length})"
    if isinstance(item, JSON):
        return 'sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")'
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=render_item,
)
with context.begin_transaction():
    context.run_migrations()
