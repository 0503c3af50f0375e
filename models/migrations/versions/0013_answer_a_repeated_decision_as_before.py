"""Answer a repeated decision as before

Revises: 0012
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'decision_key',
        sa.Column('actor_id', sa.String(length=26), nullable=False),
        sa.Column('lookup', sa.LargeBinary(length=16), nullable=False),
        sa.Column('digest', sa.LargeBinary(length=16), nullable=False),
        sa.Column(
            'outcomes', sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), 'postgresql'), nullable=False
        ),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('actor_id', 'lookup', name=op.f('pk_decision_key')),
    )
    op.create_index('ix_decision_key_actor_id_created_at', 'decision_key', ['actor_id', 'created_at'], unique=False)


def downgrade() -> None:
    op.drop_table('decision_key')
