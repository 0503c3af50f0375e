"""Find decisions by version and by rule

Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        'ix_decision_site_id_policy_version',
        'decision',
        ['site_id', 'policy_version', 'comment_id'],
        unique=False,
        sqlite_where=sa.text('policy_version IS NOT NULL'),
        postgresql_where=sa.text('policy_version IS NOT NULL'),
    )
    # SQLite has no index for arrays.
    if op.get_bind().dialect.name == 'postgresql':
        op.execute(
            'CREATE INDEX ix_decision_rules ON decision '
            """USING gin ((jsonb_path_query_array(findings, '$[*]."rule"')) jsonb_path_ops)"""
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':
        op.drop_index('ix_decision_rules', 'decision')
    op.drop_index('ix_decision_site_id_policy_version', 'decision')
