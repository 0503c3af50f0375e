"""Take reports and appeals

Revises: 0018

Nothing of what is there is reported or appealed against.
"""

import sqlalchemy as sa
from alembic import op

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None

_JUDGED = {
    'sqlite': "(status = 'pending' OR status = 'approved' OR status = 'rejected' OR status = 'spam')",
    'postgresql': "status IN ('pending', 'approved', 'rejected', 'spam')",
}
# Of a table that is there and may be large.
INDEXES = {'ix_comment_reported': 'open_reports > 0', 'ix_comment_appealed': 'appealed_at IS NOT NULL'}


def prepare(connection: sa.Connection) -> None:
    """On PostgreSQL, outside of the transaction, beside whoever writes: all that takes long. May be repeated."""
    # Only what is added at once keeps others waiting; an index waits itself, for every transaction that began before.
    connection.exec_driver_sql("SET lock_timeout = '5s'")
    for column in _columns('postgresql'):
        connection.exec_driver_sql(f'ALTER TABLE comment ADD COLUMN IF NOT EXISTS {column}')
    connection.exec_driver_sql('SET lock_timeout = 0')
    for name in INDEXES:
        # One that was not finished is in the way.
        broken = connection.exec_driver_sql(
            "SELECT 1 FROM pg_index WHERE NOT indisvalid AND indexrelid = to_regclass(%s)", (name,)
        ).first()
        if broken is not None:
            connection.exec_driver_sql(f'DROP INDEX CONCURRENTLY {name}')
        connection.exec_driver_sql(f'CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {_on(name, "postgresql")}')


def _columns(dialect: str) -> list[str]:
    time = 'TIMESTAMP WITH TIME ZONE' if dialect == 'postgresql' else 'DATETIME'
    counts = ["complained BOOLEAN DEFAULT false NOT NULL", "open_reports INTEGER DEFAULT '0' NOT NULL"]
    return [*counts, f'appealed_at {time}']


def _on(name: str, dialect: str) -> str:
    return f'comment (site_id, status, priority DESC, id) WHERE {_JUDGED[dialect]} AND {INDEXES[name]}'


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    for column in _columns(dialect):
        op.execute(f"ALTER TABLE comment ADD COLUMN {'' if dialect == 'sqlite' else 'IF NOT EXISTS'} {column}")
    for name in INDEXES:
        op.execute(f'CREATE INDEX IF NOT EXISTS {name} ON {_on(name, dialect)}')
    op.create_table('appeal',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('comment_id', sa.String(length=26), nullable=False),
    sa.Column('site_id', sa.String(length=26), nullable=False),
    sa.Column('version_n', sa.Integer(), nullable=False),
    sa.Column('against', sa.String(length=26), nullable=False),
    sa.Column('decider_kind', sa.String(20), nullable=False),
    sa.Column('decider_id', sa.String(length=26), nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('outcome', sa.String(20), nullable=True),
    sa.Column('decision_id', sa.String(length=26), nullable=True),
    sa.Column('reopened_by', sa.String(length=26), nullable=True),
    sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_appeal_comment_id')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_appeal_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_appeal')),
    sa.UniqueConstraint('against', name=op.f('uq_appeal_against'))
    )
    op.create_index('ix_appeal_comment_id_id', 'appeal', ['comment_id', 'id'], unique=False)
    op.create_index('ix_appeal_decision_id', 'appeal', ['decision_id'], unique=False)
    op.create_index('ix_appeal_reopened_by', 'appeal', ['reopened_by'], unique=False)

    op.create_table('report',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('comment_id', sa.String(length=26), nullable=False),
    sa.Column('site_id', sa.String(length=26), nullable=False),
    sa.Column('version_n', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(20), nullable=False),
    sa.Column('text', sa.Text(), nullable=True),
    sa.Column('law', sa.String(length=200), nullable=True),
    sa.Column('name', sa.String(length=200), nullable=True),
    sa.Column('network', sa.LargeBinary(length=16), nullable=False),
    sa.Column('weight', sa.Integer(), nullable=False),
    sa.Column('lookup', sa.LargeBinary(length=16), nullable=False),
    sa.Column('key_lookup', sa.LargeBinary(length=16), nullable=True),
    sa.Column('key_digest', sa.LargeBinary(length=16), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('outcome', sa.String(20), nullable=True),
    sa.Column('decision_id', sa.String(length=26), nullable=True),
    sa.Column('reopened_by', sa.String(length=26), nullable=True),
    sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_report_comment_id')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_report_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_report')),
    sa.UniqueConstraint('lookup', name=op.f('uq_report_lookup'))
    )
    op.create_index('ix_report_comment_id_id', 'report', ['comment_id', 'id'], unique=False)
    op.create_index('ix_report_comment_id_key_lookup', 'report', ['comment_id', 'key_lookup'], unique=True)
    op.create_index('ix_report_decision_id', 'report', ['decision_id'], unique=False)
    op.create_index('ix_report_open', 'report', ['comment_id', 'network'], unique=False,
                    sqlite_where=sa.text('settled_at IS NULL'), postgresql_where=sa.text('settled_at IS NULL'))
    op.create_index('ix_report_reopened_by', 'report', ['reopened_by'], unique=False)
    op.create_index('ix_report_settled', 'report', ['settled_at', 'id'], unique=False,
                    sqlite_where=sa.text('settled_at IS NOT NULL'), postgresql_where=sa.text('settled_at IS NOT NULL'))
    op.create_index('ix_report_site_id_network', 'report', ['site_id', 'network', 'id'], unique=False)


def downgrade() -> None:
    op.drop_table('report')
    op.drop_table('appeal')
    with op.batch_alter_table('comment') as comment:
        for name in INDEXES:
            comment.drop_index(name)
        for name in ('complained', 'open_reports', 'appealed_at'):
            comment.drop_column(name)
