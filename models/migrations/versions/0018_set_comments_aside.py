"""Set comments aside

Revises: 0017
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None

_BY_RANK: sa.ColumnClause[object] = sa.literal_column('rank DESC')
_OPEN = 'ended_at IS NULL'
_FOR_SOMEBODY = 'ended_at IS NULL AND for_id IS NOT NULL'
_UNTIL = "ended_at IS NULL AND kind = 'held' AND due_at IS NOT NULL"


def upgrade() -> None:
    op.create_table(
        'set_aside',
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.Column('comment_id', sa.String(length=26), nullable=False),
        sa.Column('site_id', sa.String(length=26), nullable=False),
        sa.Column('kind', sa.String(20), nullable=False),
        sa.Column('asked', sa.String(20), nullable=True),
        sa.Column('for_id', sa.String(length=26), nullable=True),
        sa.Column('note', sa.Text(), nullable=True),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('rank', sa.Integer(), nullable=False),
        sa.Column('by_kind', sa.String(20), nullable=False),
        sa.Column('by_id', sa.String(length=26), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('ended_kind', sa.String(20), nullable=True),
        sa.Column('ended_by', sa.String(length=26), nullable=True),
        sa.Column('decision_id', sa.String(length=26), nullable=True),
        sa.Column('answer', sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_set_aside_comment_id')),
        sa.ForeignKeyConstraint(['for_id'], ['moderator.id'], name=op.f('fk_set_aside_for_id')),
        sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_set_aside_site_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_set_aside')),
    )
    _index('ix_set_aside_open', ['comment_id'], _OPEN, unique=True)
    op.create_index('ix_set_aside_comment_id_id', 'set_aside', ['comment_id', 'id'], unique=False)
    _index('ix_set_aside_queue', ['site_id', 'kind', _BY_RANK, 'comment_id'], _OPEN)
    _index('ix_set_aside_for', ['for_id', 'site_id', _BY_RANK, 'comment_id'], _FOR_SOMEBODY)
    _index('ix_set_aside_due', ['due_at'], _UNTIL)


def downgrade() -> None:
    op.drop_table('set_aside')


def _index(name: str, columns: Sequence[str | sa.ColumnClause[object]], condition: str, unique: bool = False) -> None:
    where = sa.text(condition)
    op.create_index(name, 'set_aside', list(columns), unique=unique, sqlite_where=where, postgresql_where=where)
