"""Remember what was disowned

Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('comment', schema=None) as batch_op:
        batch_op.add_column(sa.Column('disowned_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index('ix_comment_disowned', ['chain_id'], unique=False, sqlite_where=sa.text('disowned_at IS NOT NULL'), postgresql_where=sa.text('disowned_at IS NOT NULL'))


def downgrade() -> None:
    with op.batch_alter_table('comment', schema=None) as batch_op:
        batch_op.drop_index('ix_comment_disowned', sqlite_where=sa.text('disowned_at IS NOT NULL'), postgresql_where=sa.text('disowned_at IS NOT NULL'))
        batch_op.drop_column('disowned_at')
