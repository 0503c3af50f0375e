"""Runs migrations over the connection it is handed. It knows no model: what is frozen must not lean on what changes."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"], render_as_batch=True, **context.config.attributes["options"]
)
with context.begin_transaction():
    context.run_migrations()
