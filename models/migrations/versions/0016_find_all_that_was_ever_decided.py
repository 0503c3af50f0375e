"""Find all that was ever decided

Revises: 0015

How near a comment came to being held is 0 for what was judged before: it comes last. `thread.listed_title` is empty for
all: the worker puts the titles of stories to the words of their comments afterwards.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None

COLUMNS = {
    ('comment', 'nearness'): "INTEGER DEFAULT '0' NOT NULL",
    ('thread', 'listed_title'): 'VARCHAR(200)',
}
# Of tables that are there and may be large.
INDEXES = {
    'ix_comment_unreviewed_nearness':
        "comment (site_id, nearness DESC, id) WHERE status = 'approved' AND reviewed_at IS NULL",
    'ix_search_decided': 'search_entry (site_id, status, decision_id)',
    'ix_thread_unlisted': "thread (id) WHERE title <> coalesce(listed_title, '')",
}


def prepare(connection: sa.Connection) -> None:
    """On PostgreSQL, outside of the transaction, beside whoever writes: all that takes long. May be repeated."""
    # Only what is added at once keeps others waiting; an index waits itself, for every transaction that began before.
    connection.exec_driver_sql("SET lock_timeout = '5s'")
    for (table, name), kind in COLUMNS.items():
        connection.exec_driver_sql(f'ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {name} {kind}')
    connection.exec_driver_sql('SET lock_timeout = 0')
    for name, on in INDEXES.items():
        if connection.exec_driver_sql('SELECT to_regclass(%s)', (on.partition(' ')[0],)).scalar() is None:
            continue  # A revision on the way from here makes the table.
        # One that was not finished is in the way.
        broken = connection.exec_driver_sql(
            "SELECT 1 FROM pg_index WHERE NOT indisvalid AND indexrelid = to_regclass(%s)", (name,)
        ).first()
        if broken is not None:
            connection.exec_driver_sql(f'DROP INDEX CONCURRENTLY {name}')
        connection.exec_driver_sql(f'CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {on}')


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == 'sqlite'
    for (table, name), kind in COLUMNS.items():
        op.execute(f"ALTER TABLE {table} ADD COLUMN {'' if sqlite else 'IF NOT EXISTS'} {name} {kind}")
    for name, on in INDEXES.items():
        op.execute(f'CREATE INDEX IF NOT EXISTS {name} ON {on}')
    op.create_table('saved_view',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('owner_id', sa.String(length=26), nullable=False),
    sa.Column('site_id', sa.String(length=26), nullable=True),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('narrowing', sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), 'postgresql'),
              nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_saved_view_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_view')),
    sa.UniqueConstraint('owner_id', 'name', name=op.f('uq_saved_view_owner_id_name'))
    )
    op.create_index('ix_saved_view_site_id', 'saved_view', ['site_id', 'id'])


def downgrade() -> None:
    op.drop_table('saved_view')
    for name in INDEXES:
        op.execute(f'DROP INDEX {name}')
    for table, name in COLUMNS:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column(name)
