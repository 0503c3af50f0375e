"""Let sites sign readers in

Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'login_key',
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.Column('site_id', sa.String(length=26), nullable=False),
        sa.Column('kid', sa.String(length=64), nullable=False),
        sa.Column('algorithm', sa.String(length=10), nullable=False),
        sa.Column('sealed', sa.LargeBinary(), nullable=False),
        sa.Column('key_id', sa.String(length=16), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_login_key_site_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_login_key')),
        sa.UniqueConstraint('site_id', 'kid', name=op.f('uq_login_key_site_id_kid')),
    )
    op.create_table(
        'login_use',
        sa.Column('site_id', sa.String(length=26), nullable=False),
        sa.Column('lookup', sa.LargeBinary(length=16), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_login_use_site_id')),
        sa.PrimaryKeyConstraint('site_id', 'lookup', name=op.f('pk_login_use')),
    )
    op.create_index('ix_login_use_expires_at', 'login_use', ['expires_at'], unique=False)
    op.create_table(
        'login_writer',
        sa.Column('site_id', sa.String(length=26), nullable=False),
        sa.Column('subject', sa.LargeBinary(length=16), nullable=False),
        sa.Column('chain_id', sa.String(length=26), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['chain_id'], ['writer_chain.id'], name=op.f('fk_login_writer_chain_id')),
        sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_login_writer_site_id')),
        sa.PrimaryKeyConstraint('site_id', 'subject', name=op.f('pk_login_writer')),
    )


def downgrade() -> None:
    op.drop_table('login_writer')
    op.drop_table('login_use')
    op.drop_table('login_key')
