"""Find the comment that names a page

Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        'ix_comment_naming',
        'comment',
        ['thread_id', 'id'],
        unique=False,
        sqlite_where=sa.text('published_version IS NOT NULL AND page_url IS NOT NULL'),
        postgresql_where=sa.text('published_version IS NOT NULL AND page_url IS NOT NULL'),
    )


def downgrade() -> None:
    op.drop_index('ix_comment_naming', 'comment')
