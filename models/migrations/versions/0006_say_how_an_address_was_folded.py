"""Say how an address was folded

Revises: 0005

Rows that are there, and those that the release before still writes, are of the first folding.
"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('address_record', schema=None) as batch_op:
        batch_op.add_column(sa.Column('ban_folding', sa.SmallInteger(), server_default=sa.text('1'), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('address_record', schema=None) as batch_op:
        batch_op.drop_column('ban_folding')
