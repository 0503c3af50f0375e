"""Let readers ask the newsroom

Revises: 0023

No thread that is there is one of questions.
"""

import sqlalchemy as sa
from alembic import op

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None

INDEXES = {
    'ix_question_oldest': (['thread_id', 'answered', 'comment_id'], 'shown'),
    'ix_question_newest': (['thread_id', 'answered', 'turn'], 'shown'),
    'ix_question_top': (['thread_id', 'answered', 'rank', 'turn'], 'shown'),
    'ix_question_unanswered': (['site_id', 'comment_id'], 'shown AND NOT answered'),
}


def upgrade() -> None:
    op.create_table(
        'question',
        sa.Column('comment_id', sa.String(length=26), nullable=False),
        sa.Column('thread_id', sa.String(length=26), nullable=False),
        sa.Column('site_id', sa.String(length=26), nullable=False),
        sa.Column('turn', sa.String(length=26), nullable=False),
        sa.Column('rank', sa.Integer(), nullable=False),
        sa.Column('shown', sa.Boolean(), nullable=False),
        sa.Column('answers', sa.Integer(), nullable=False),
        sa.Column('answered', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_question_site_id')),
        sa.ForeignKeyConstraint(['thread_id'], ['thread.id'], name=op.f('fk_question_thread_id')),
        sa.PrimaryKeyConstraint('comment_id', name=op.f('pk_question')),
    )
    for name, (columns, condition) in INDEXES.items():
        op.create_index(
            name,
            'question',
            columns,
            unique=False,
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )
    with op.batch_alter_table('thread') as thread:
        thread.add_column(sa.Column('questions', sa.Boolean(), server_default=sa.text('false'), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('thread') as thread:
        thread.drop_column('questions')
    op.drop_table('question')
