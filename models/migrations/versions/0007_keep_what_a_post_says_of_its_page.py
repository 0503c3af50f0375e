"""Keep what a post says of its page

Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('comment', schema=None) as batch_op:
        batch_op.add_column(sa.Column('page_url', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('page_title', sa.String(length=200), nullable=True))

    # What a thread of which no newsroom has spoken says of its page is from the post that made it, at the same instant.
    op.execute(
        'UPDATE comment SET page_url = (SELECT thread.url FROM thread WHERE thread.id = comment.thread_id), '
        'page_title = (SELECT thread.title FROM thread WHERE thread.id = comment.thread_id) '
        'WHERE EXISTS (SELECT 1 FROM thread WHERE thread.id = comment.thread_id '
        'AND thread.created_at = comment.created_at AND NOT thread.verified)'
    )
    # Where that one is not published, it is for no reader.
    op.execute(
        "UPDATE thread SET url = '', title = '', version = version + 1 "
        'WHERE NOT verified AND published_count > 0 AND NOT EXISTS (SELECT 1 FROM comment '
        'WHERE comment.thread_id = thread.id AND comment.page_url IS NOT NULL '
        'AND comment.published_version IS NOT NULL)'
    )


def downgrade() -> None:
    with op.batch_alter_table('comment', schema=None) as batch_op:
        batch_op.drop_column('page_title')
        batch_op.drop_column('page_url')
