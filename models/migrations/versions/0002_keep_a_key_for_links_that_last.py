"""Keep a key for links that last

Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('link_key',
    sa.Column('purpose', sa.String(length=40), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('key_id', sa.String(length=16), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('purpose', name=op.f('pk_link_key'))
    )
    with op.batch_alter_table('link_key', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_link_key_key_id'), ['key_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('link_key', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_link_key_key_id'))

    op.drop_table('link_key')
