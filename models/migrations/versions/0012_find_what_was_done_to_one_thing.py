"""Find what was done to one thing

Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

NAME, ON = 'ix_audit_entry_target', 'audit_entry (target, id)'


def prepare(connection: sa.Connection) -> None:
    """On PostgreSQL, outside of the transaction, beside whoever writes. May be repeated."""
    connection.exec_driver_sql('SET lock_timeout = 0')
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
