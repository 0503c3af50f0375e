"""Tell writers of replies

Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'reply_mail',
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.Column('site_id', sa.String(length=26), nullable=False),
        sa.Column('thread_id', sa.String(length=26), nullable=False),
        sa.Column('comment_id', sa.String(length=26), nullable=False),
        sa.Column('reply_id', sa.String(length=26), nullable=False),
        sa.Column('told_with', sa.String(length=26), nullable=True),
        sa.Column('state', sa.String(20), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('next_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('outcome', sa.String(length=40), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_reply_mail_comment_id')),
        sa.ForeignKeyConstraint(['reply_id'], ['comment.id'], name=op.f('fk_reply_mail_reply_id')),
        sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_reply_mail_site_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_reply_mail')),
    )
    with op.batch_alter_table('reply_mail', schema=None) as batch_op:
        batch_op.create_index('ix_reply_mail_comment_id', ['comment_id'], unique=False)
        batch_op.create_index('ix_reply_mail_created_at', ['created_at'], unique=False)
        batch_op.create_index('ix_reply_mail_state_next_at', ['state', 'next_at'], unique=False)

    time = 'TIMESTAMP WITH TIME ZONE' if op.get_bind().dialect.name == 'postgresql' else 'DATETIME'
    # As text: Alembic would make a new table of it on SQLite, for the sake of the default.
    for column in ('wants_replies BOOLEAN DEFAULT false NOT NULL', f'replies_stopped_at {time}'):
        op.execute(f'ALTER TABLE comment ADD COLUMN {column}')


def downgrade() -> None:
    with op.batch_alter_table('comment', schema=None) as batch_op:
        batch_op.drop_column('replies_stopped_at')
        batch_op.drop_column('wants_replies')

    op.drop_table('reply_mail')
