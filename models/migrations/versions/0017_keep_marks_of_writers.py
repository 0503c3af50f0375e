"""Keep marks of writers and entries for policies

Revises: 0016
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('policy_entry',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('site_id', sa.String(length=26), nullable=False),
    sa.Column('kind', sa.String(20), nullable=False),
    sa.Column('text', sa.String(length=255), nullable=False),
    sa.Column('state', sa.String(20), nullable=False),
    sa.Column('comment_id', sa.String(length=26), nullable=True),
    sa.Column('policy_n', sa.Integer(), nullable=True),
    sa.Column('created_by', sa.String(length=26), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_by', sa.String(length=26), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_policy_entry_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_policy_entry'))
    )
    with op.batch_alter_table('policy_entry', schema=None) as batch_op:
        batch_op.create_index('ix_policy_entry_site_id_id', ['site_id', 'id'], unique=False)

    op.create_table('writer_mark',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('site_id', sa.String(length=26), nullable=False),
    sa.Column('chain_id', sa.String(length=26), nullable=False),
    sa.Column('kind', sa.String(20), nullable=False),
    sa.Column('comment_id', sa.String(length=26), nullable=True),
    sa.Column('reason', sa.String(length=1000), nullable=False),
    sa.Column('created_by', sa.String(length=26), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lifted_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['chain_id'], ['writer_chain.id'], name=op.f('fk_writer_mark_chain_id')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_writer_mark_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_writer_mark'))
    )
    with op.batch_alter_table('writer_mark', schema=None) as batch_op:
        batch_op.create_index('ix_writer_mark_chain_id', ['chain_id', 'id'], unique=False, sqlite_where=sa.text('lifted_at IS NULL'), postgresql_where=sa.text('lifted_at IS NULL'))
        batch_op.create_index('ix_writer_mark_in_force', ['site_id', 'id'], unique=False, sqlite_where=sa.text('lifted_at IS NULL'), postgresql_where=sa.text('lifted_at IS NULL'))



def downgrade() -> None:
    with op.batch_alter_table('writer_mark', schema=None) as batch_op:
        batch_op.drop_index('ix_writer_mark_in_force', sqlite_where=sa.text('lifted_at IS NULL'), postgresql_where=sa.text('lifted_at IS NULL'))
        batch_op.drop_index('ix_writer_mark_chain_id', sqlite_where=sa.text('lifted_at IS NULL'), postgresql_where=sa.text('lifted_at IS NULL'))

    op.drop_table('writer_mark')
    with op.batch_alter_table('policy_entry', schema=None) as batch_op:
        batch_op.drop_index('ix_policy_entry_site_id_id')

    op.drop_table('policy_entry')
