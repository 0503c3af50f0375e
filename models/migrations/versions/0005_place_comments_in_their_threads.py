"""Place comments in their threads

Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('ancestor',
    sa.Column('comment_id', sa.String(length=26), nullable=False),
    sa.Column('above_id', sa.String(length=26), nullable=False),
    sa.Column('below', sa.Integer(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('shown', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('comment_id', 'above_id', name=op.f('pk_ancestor'))
    )
    with op.batch_alter_table('ancestor', schema=None) as batch_op:
        batch_op.create_index('ix_ancestor_level_oldest', ['above_id', 'below', 'key'], unique=False, sqlite_where=sa.text('shown'), postgresql_where=sa.text('shown'))
        batch_op.create_index('ix_ancestor_oldest', ['above_id', 'key'], unique=False, sqlite_where=sa.text('shown'), postgresql_where=sa.text('shown'))

    op.create_table('place',
    sa.Column('comment_id', sa.String(length=26), nullable=False),
    sa.Column('thread_id', sa.String(length=26), nullable=False),
    sa.Column('parent_id', sa.String(length=26), nullable=True),
    sa.Column('depth', sa.Integer(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('turn', sa.String(length=26), nullable=False),
    sa.Column('rank', sa.Integer(), nullable=False),
    sa.Column('live', sa.Integer(), nullable=False),
    sa.Column('replies', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['thread_id'], ['thread.id'], name=op.f('fk_place_thread_id')),
    sa.PrimaryKeyConstraint('comment_id', name=op.f('pk_place'))
    )
    with op.batch_alter_table('place', schema=None) as batch_op:
        batch_op.create_index('ix_place_level_newest', ['thread_id', 'depth', 'turn', 'key'], unique=False, sqlite_where=sa.text('live > 0'), postgresql_where=sa.text('live > 0'))
        batch_op.create_index('ix_place_level_oldest', ['thread_id', 'depth', 'key'], unique=False, sqlite_where=sa.text('live > 0'), postgresql_where=sa.text('live > 0'))
        batch_op.create_index('ix_place_level_top', ['thread_id', 'depth', 'rank', 'turn', 'key'], unique=False, sqlite_where=sa.text('live > 0'), postgresql_where=sa.text('live > 0'))
        batch_op.create_index('ix_place_newest', ['thread_id', 'turn', 'key'], unique=False, sqlite_where=sa.text('live > 0'), postgresql_where=sa.text('live > 0'))
        batch_op.create_index('ix_place_oldest', ['thread_id', 'key'], unique=False, sqlite_where=sa.text('live > 0'), postgresql_where=sa.text('live > 0'))
        batch_op.create_index('ix_place_top', ['thread_id', 'rank', 'turn', 'key'], unique=False, sqlite_where=sa.text('live > 0'), postgresql_where=sa.text('live > 0'))

    with op.batch_alter_table('thread', schema=None) as batch_op:
        batch_op.add_column(sa.Column('placed_version', sa.Integer(), nullable=True))



def downgrade() -> None:
    with op.batch_alter_table('thread', schema=None) as batch_op:
        batch_op.drop_column('placed_version')

    with op.batch_alter_table('place', schema=None) as batch_op:
        batch_op.drop_index('ix_place_top', sqlite_where=sa.text('live > 0'), postgresql_where=sa.text('live > 0'))
        batch_op.drop_index('ix_place_oldest', sqlite_where=sa.text('live > 0'), postgresql_where=sa.text('live > 0'))
        batch_op.drop_index('ix_place_newest', sqlite_where=sa.text('live > 0'), postgresql_where=sa.text('live > 0'))
        batch_op.drop_index('ix_place_level_top', sqlite_where=sa.text('live > 0'), postgresql_where=sa.text('live > 0'))
        batch_op.drop_index('ix_place_level_oldest', sqlite_where=sa.text('live > 0'), postgresql_where=sa.text('live > 0'))
        batch_op.drop_index('ix_place_level_newest', sqlite_where=sa.text('live > 0'), postgresql_where=sa.text('live > 0'))

    op.drop_table('place')
    with op.batch_alter_table('ancestor', schema=None) as batch_op:
        batch_op.drop_index('ix_ancestor_oldest', sqlite_where=sa.text('shown'), postgresql_where=sa.text('shown'))
        batch_op.drop_index('ix_ancestor_level_oldest', sqlite_where=sa.text('shown'), postgresql_where=sa.text('shown'))

    op.drop_table('ancestor')
