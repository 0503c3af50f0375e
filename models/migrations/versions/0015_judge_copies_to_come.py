"""Judge copies to come and hear of wrong findings

Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('standing_decision',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('site_id', sa.String(length=26), nullable=False),
    sa.Column('first_id', sa.String(length=26), nullable=False),
    sa.Column('fingerprint', sa.LargeBinary(length=16), nullable=True),
    sa.Column('sketch', sa.LargeBinary(length=96), nullable=True),
    sa.Column('action', sa.String(length=20), nullable=False),
    sa.Column('reason', sa.String(length=40), nullable=True),
    sa.Column('actor_kind', sa.String(20), nullable=False),
    sa.Column('actor_id', sa.String(length=26), nullable=True),
    sa.Column('job_id', sa.String(length=26), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_by', sa.String(length=26), nullable=True),
    sa.ForeignKeyConstraint(['first_id'], ['comment.id'], name=op.f('fk_standing_decision_first_id')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_standing_decision_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_standing_decision'))
    )
    with op.batch_alter_table('standing_decision', schema=None) as batch_op:
        batch_op.create_index('ix_standing_decision_in_force', ['site_id', 'id'], unique=False, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
        batch_op.create_index('ix_standing_decision_job_id', ['job_id'], unique=False, sqlite_where=sa.text('job_id IS NOT NULL'), postgresql_where=sa.text('job_id IS NOT NULL'))

    op.create_table('wrong_finding',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('site_id', sa.String(length=26), nullable=False),
    sa.Column('comment_id', sa.String(length=26), nullable=False),
    sa.Column('version_n', sa.Integer(), nullable=False),
    sa.Column('rule', sa.String(length=60), nullable=False),
    sa.Column('field', sa.String(length=20), nullable=True),
    sa.Column('start', sa.Integer(), nullable=True),
    sa.Column('end', sa.Integer(), nullable=True),
    sa.Column('policy_version', sa.String(length=40), nullable=True),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.Column('actor_kind', sa.String(20), nullable=False),
    sa.Column('actor_id', sa.String(length=26), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('settled_by', sa.String(length=26), nullable=True),
    sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_wrong_finding_comment_id')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_wrong_finding_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_wrong_finding'))
    )
    with op.batch_alter_table('wrong_finding', schema=None) as batch_op:
        batch_op.create_index('ix_wrong_finding_comment_id', ['comment_id'], unique=False)
        batch_op.create_index('ix_wrong_finding_open', ['site_id', 'id'], unique=False, sqlite_where=sa.text('settled_at IS NULL'), postgresql_where=sa.text('settled_at IS NULL'))


def downgrade() -> None:
    with op.batch_alter_table('wrong_finding', schema=None) as batch_op:
        batch_op.drop_index('ix_wrong_finding_open', sqlite_where=sa.text('settled_at IS NULL'), postgresql_where=sa.text('settled_at IS NULL'))
        batch_op.drop_index('ix_wrong_finding_comment_id')

    op.drop_table('wrong_finding')
    with op.batch_alter_table('standing_decision', schema=None) as batch_op:
        batch_op.drop_index('ix_standing_decision_job_id', sqlite_where=sa.text('job_id IS NOT NULL'), postgresql_where=sa.text('job_id IS NOT NULL'))
        batch_op.drop_index('ix_standing_decision_in_force', sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))

    op.drop_table('standing_decision')
