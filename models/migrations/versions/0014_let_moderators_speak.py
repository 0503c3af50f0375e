"""Let moderators speak

Revises: 0013

To a writer, to readers above a thread, in the newsroom's own name, and with a passage less.
"""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

COLUMNS = (('thread', 'banner', 'VARCHAR(300)'), ('comment_version', 'redacts', 'INTEGER'),
           ('writer_chain', 'staff_name', 'VARCHAR(200)'))
# Of tables that are there and may be large.
INDEXES = {
    'ix_comment_pinned': 'INDEX {how} ix_comment_pinned ON comment (thread_id, pinned, id) WHERE pinned',
    'ix_writer_chain_staff':
        'UNIQUE INDEX {how} ix_writer_chain_staff ON writer_chain (site_id, staff_name) WHERE staff_name IS NOT NULL',
}


def prepare(connection: sa.Connection) -> None:
    """On PostgreSQL, outside of the transaction, beside whoever writes: all that takes long. May be repeated."""
    # Only what is added at once keeps others waiting; an index waits itself, for every transaction that began before.
    connection.exec_driver_sql("SET lock_timeout = '5s'")
    for table, name, kind in COLUMNS:
        connection.exec_driver_sql(f'ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {name} {kind}')
    connection.exec_driver_sql('SET lock_timeout = 0')
    for name, index in INDEXES.items():
        # One that was not finished is in the way.
        broken = connection.exec_driver_sql(
            "SELECT 1 FROM pg_index WHERE NOT indisvalid AND indexrelid = to_regclass(%s)", (name,)
        ).first()
        if broken is not None:
            connection.exec_driver_sql(f'DROP INDEX CONCURRENTLY {name}')
        connection.exec_driver_sql('CREATE ' + index.format(how='CONCURRENTLY IF NOT EXISTS'))


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == 'sqlite'
    for table, name, kind in COLUMNS:
        op.execute(f"ALTER TABLE {table} ADD COLUMN {'' if sqlite else 'IF NOT EXISTS'} {name} {kind}")
    for index in INDEXES.values():
        op.execute('CREATE ' + index.format(how='IF NOT EXISTS'))

    op.create_table('writer_message',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('site_id', sa.String(length=26), nullable=False),
    sa.Column('comment_id', sa.String(length=26), nullable=False),
    sa.Column('actor_kind', sa.String(length=20), nullable=False),
    sa.Column('actor_id', sa.String(length=26), nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_writer_message_comment_id')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_writer_message_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_writer_message'))
    )
    op.create_index('ix_writer_message_comment_id_id', 'writer_message', ['comment_id', 'id'])
    op.create_table('saved_reply',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('site_id', sa.String(length=26), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_saved_reply_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_reply')),
    sa.UniqueConstraint('site_id', 'name', name=op.f('uq_saved_reply_site_id_name'))
    )


def downgrade() -> None:
    op.drop_table('saved_reply')
    op.drop_table('writer_message')
    for name in INDEXES:
        op.execute(f'DROP INDEX {name}')
    for table, name, _ in COLUMNS:
        op.execute(f'ALTER TABLE {table} DROP COLUMN {name}')
