"""Take readers' votes

Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None

_UNCOUNTED = sa.text('value <> counted')


def upgrade() -> None:
    op.create_table(
        'vote',
        sa.Column('comment_id', sa.String(length=26), nullable=False),
        sa.Column('voter', sa.LargeBinary(length=16), nullable=False),
        sa.Column('network', sa.LargeBinary(length=16), nullable=False),
        sa.Column('value', sa.SmallInteger(), nullable=False),
        sa.Column('counted', sa.SmallInteger(), nullable=False),
        sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_vote_comment_id')),
        sa.PrimaryKeyConstraint('comment_id', 'voter', name=op.f('pk_vote')),
    )
    op.create_index('ix_vote_changed_at', 'vote', ['changed_at'], unique=False)
    op.create_index('ix_vote_comment_id_network', 'vote', ['comment_id', 'network'], unique=False)
    op.create_index(
        'ix_vote_uncounted',
        'vote',
        ['comment_id', 'changed_at', 'value', 'counted'],
        unique=False,
        sqlite_where=_UNCOUNTED,
        postgresql_where=_UNCOUNTED,
    )


def downgrade() -> None:
    op.drop_table('vote')
