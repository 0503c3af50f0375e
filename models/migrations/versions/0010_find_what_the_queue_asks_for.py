"""Find what the queue asks for

Revises: 0009

What the new columns and tables say of comments that were judged before, or by the release before, the worker fills in
afterwards (`listed_version` is empty until then).
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

_JUDGED = "status IN ('pending', 'approved', 'rejected', 'spam')"
COLUMNS = {'listed_version': 'INTEGER', 'language': 'VARCHAR(35)'}
# Of tables that are there and may be large.
INDEXES = {
    'ix_comment_queue': f'comment (site_id, status, priority DESC, id, thread_id) WHERE {_JUDGED}',
    'ix_comment_queue_thread': f'comment (thread_id, status, priority DESC, id) WHERE {_JUDGED}',
    'ix_comment_queue_language':
        f'comment (site_id, status, language, priority DESC, id, thread_id) WHERE {_JUDGED}',
    'ix_comment_queue_copies': 'comment (copy_of, status, priority DESC, id) WHERE copy_of IS NOT NULL',
    'ix_comment_chain_id_id': f'comment (chain_id, id) WHERE {_JUDGED}',
    'ix_comment_unreviewed':
        f'comment (site_id, status, priority DESC, id) WHERE {_JUDGED} AND reviewed_at IS NULL',
    'ix_comment_dead': 'comment (site_id, priority DESC, id) WHERE dead_at IS NOT NULL',
    'ix_comment_unlisted': f'comment (id) WHERE {_JUDGED} AND listed_version IS NULL',
    'ix_decision_to_status': 'decision (site_id, to_status, id)',
    'ix_thread_site_id_id': 'thread (site_id, id)',
    'ix_thread_section': 'thread (site_id, section)',
    'ix_thread_language': 'thread (site_id, language)',
    'ix_ban_in_force': 'ban (site_id, id) WHERE lifted_at IS NULL',
    'ix_audit_entry_actor_id': 'audit_entry (actor_id, action, id)',
}

_FTS = """
CREATE VIRTUAL TABLE search_word USING fts5(
    site_id, status, words, content='search_entry', content_rowid='n', prefix='3', columnsize=0, detail=column,
    tokenize="unicode61 remove_diacritics 0 categories 'L* M* N* S* Co Cn'"
)
"""
_ADD = 'INSERT INTO search_word (rowid, site_id, status, words) VALUES (new.n, new.site_id, new.status, new.words);'
_TAKE = (
    'INSERT INTO search_word (search_word, rowid, site_id, status, words) '
    "VALUES ('delete', old.n, old.site_id, old.status, old.words);"
)


def prepare(connection: sa.Connection) -> None:
    """On PostgreSQL, outside of the transaction, beside whoever writes: all that takes long. May be repeated."""
    # Only what is added at once keeps others waiting; an index waits itself, for every transaction that began before.
    connection.exec_driver_sql("SET lock_timeout = '5s'")
    for name, kind in COLUMNS.items():
        connection.exec_driver_sql(f'ALTER TABLE comment ADD COLUMN IF NOT EXISTS {name} {kind}')
    connection.exec_driver_sql('SET lock_timeout = 0')
    for name, on in INDEXES.items():
        # One that was not finished is in the way.
        broken = connection.exec_driver_sql(
            "SELECT 1 FROM pg_index WHERE NOT indisvalid AND indexrelid = to_regclass(%s)", (name,)
        ).first()
        if broken is not None:
            connection.exec_driver_sql(f'DROP INDEX CONCURRENTLY {name}')
        connection.exec_driver_sql(f'CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {on}')


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == 'sqlite'
    for name, kind in COLUMNS.items():
        op.execute(f"ALTER TABLE comment ADD COLUMN {'' if sqlite else 'IF NOT EXISTS'} {name} {kind}")
    for name, on in INDEXES.items():
        op.execute(f'CREATE INDEX IF NOT EXISTS {name} ON {on}')
    op.execute('DROP INDEX ix_comment_copy_of')

    op.create_table('comment_rule',
    sa.Column('comment_id', sa.String(length=26), nullable=False),
    sa.Column('rule', sa.String(length=60), nullable=False),
    sa.Column('site_id', sa.String(length=26), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('priority', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_comment_rule_comment_id')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_comment_rule_site_id')),
    sa.PrimaryKeyConstraint('comment_id', 'rule', name=op.f('pk_comment_rule'))
    )
    op.execute('CREATE INDEX ix_comment_rule_queue ON comment_rule (site_id, rule, status, priority DESC, comment_id)')

    op.create_table('search_entry',
    sa.Column('n', sa.Integer(), nullable=False),
    sa.Column('comment_id', sa.String(length=26), nullable=False),
    sa.Column('site_id', sa.String(length=26), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('priority', sa.Integer(), nullable=False),
    sa.Column('decision_id', sa.String(length=26), nullable=False),
    sa.Column('words', sa.Text().with_variant(postgresql.TSVECTOR(), 'postgresql'), nullable=False),
    sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_search_entry_comment_id')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_search_entry_site_id')),
    sa.PrimaryKeyConstraint('n', name=op.f('pk_search_entry')),
    sa.UniqueConstraint('comment_id', name=op.f('uq_search_entry_comment_id'))
    )
    if not sqlite:
        for status in ('pending', 'approved', 'rejected', 'spam'):
            op.execute(
                f'CREATE INDEX ix_search_entry_{status} ON search_entry USING gin (words) '
                f"WITH (gin_pending_list_limit = 1024) WHERE status = '{status}'"
            )
        return
    op.execute(_FTS)
    op.execute(f'CREATE TRIGGER search_entry_added AFTER INSERT ON search_entry BEGIN {_ADD} END')
    op.execute(f'CREATE TRIGGER search_entry_taken AFTER DELETE ON search_entry BEGIN {_TAKE} END')
    op.execute(
        'CREATE TRIGGER search_entry_changed AFTER UPDATE OF site_id, status, words ON search_entry '
        f'BEGIN {_TAKE} {_ADD} END'
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        op.execute('DROP TABLE search_word')
    op.drop_table('search_entry')
    op.drop_table('comment_rule')
    op.execute('CREATE INDEX ix_comment_copy_of ON comment (copy_of) WHERE copy_of IS NOT NULL')
    for name in INDEXES:
        op.execute(f'DROP INDEX {name}')
    with op.batch_alter_table('comment', schema=None) as batch_op:
        for name in COLUMNS:
            batch_op.drop_column(name)
