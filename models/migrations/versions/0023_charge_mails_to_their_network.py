"""Charge mails to their network, and keep what reports that were taken back came to

Revises: 0022
"""

from alembic import op

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None


def upgrade() -> None:
    time = 'TIMESTAMP WITH TIME ZONE' if op.get_bind().dialect.name == 'postgresql' else 'DATETIME'
    for table, column in (('delivery', 'charged_at'), ('reply_mail', 'charged_at'), ('report', 'taken_back_at')):
        op.execute(f'ALTER TABLE {table} ADD COLUMN {column} {time}')
    # What was taken back so far says so by its outcome.
    op.execute("UPDATE report SET taken_back_at = settled_at WHERE outcome = 'taken_back'")


def downgrade() -> None:
    with op.batch_alter_table('report', schema=None) as batch_op:
        batch_op.drop_column('taken_back_at')

    with op.batch_alter_table('reply_mail', schema=None) as batch_op:
        batch_op.drop_column('charged_at')

    with op.batch_alter_table('delivery', schema=None) as batch_op:
        batch_op.drop_column('charged_at')
