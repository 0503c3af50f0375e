"""Find a story by its address

Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None

NAME = 'ix_thread_url'
ON = 'thread (site_id, url)'


def prepare(connection: sa.Connection) -> None:
    """On PostgreSQL, outside of the transaction, beside whoever writes: all that takes long. May be repeated."""
    # One that was not finished is in the way.
    broken = connection.exec_driver_sql(
        'SELECT 1 FROM pg_index WHERE NOT indisvalid AND indexrelid = to_regclass(%s)', (NAME,)
    ).first()
    if broken is not None:
        connection.exec_driver_sql(f'DROP INDEX CONCURRENTLY {NAME}')
    connection.exec_driver_sql(f'CREATE INDEX CONCURRENTLY IF NOT EXISTS {NAME} ON {ON}')


def upgrade() -> None:
    op.execute(f'CREATE INDEX IF NOT EXISTS {NAME} ON {ON}')


def downgrade() -> None:
    op.execute(f'DROP INDEX {NAME}')
