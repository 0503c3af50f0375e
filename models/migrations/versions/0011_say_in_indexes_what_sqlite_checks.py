"""Say in indexes what SQLite checks fast

Revises: 0010

For `status IN (...)` with more than two words SQLite builds a table, for each index and each row that is written, twice
where a row is changed. PostgreSQL's indexes stay as they are.
"""

from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

_WORDS = ('pending', 'approved', 'rejected', 'spam')
_ONE_BY_ONE = '(' + ' OR '.join(f"status = '{word}'" for word in _WORDS) + ')'
_AS_LIST = 'status IN (' + ', '.join(f"'{word}'" for word in _WORDS) + ')'
INDEXES = {
    'ix_comment_queue': '(site_id, status, priority DESC, id, thread_id) WHERE {judged}',
    'ix_comment_queue_thread': '(thread_id, status, priority DESC, id) WHERE {judged}',
    'ix_comment_queue_language': '(site_id, status, language, priority DESC, id, thread_id) WHERE {judged}',
    'ix_comment_chain_id_id': '(chain_id, id) WHERE {judged}',
    'ix_comment_unreviewed': '(site_id, status, priority DESC, id) WHERE {judged} AND reviewed_at IS NULL',
    'ix_comment_unlisted': '(id) WHERE {judged} AND listed_version IS NULL',
}


def upgrade() -> None:
    _make_again(_ONE_BY_ONE)


def downgrade() -> None:
    _make_again(_AS_LIST)


def _make_again(judged: str) -> None:
    if op.get_bind().dialect.name != 'sqlite':
        return
    for name, on in INDEXES.items():
        op.execute(f'DROP INDEX {name}')
        op.execute(f'CREATE INDEX {name} ON comment {on.format(judged=judged)}')
