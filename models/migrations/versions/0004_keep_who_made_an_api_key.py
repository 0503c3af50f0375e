"""Keep who made an API key

Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

# As it was when this was written: the trail says who made each key.
_MADE = "SELECT target, actor_kind, actor_id FROM audit_entry WHERE action = 'key.add' AND target IS NOT NULL"


def upgrade() -> None:
    with op.batch_alter_table('api_key', schema=None) as batch_op:
        batch_op.add_column(sa.Column('made_by', sa.String(length=26), nullable=True))
    connection = op.get_bind()
    made = {key_id: (kind, actor_id) for key_id, kind, actor_id in connection.execute(sa.text(_MADE))}
    for key_id in made:
        # A key that a key made is answered for by whoever made that one.
        kind, actor_id = made[key_id]
        seen = {key_id}
        while kind == 'api_key' and actor_id in made and actor_id not in seen:
            seen.add(actor_id)
            kind, actor_id = made[actor_id]
        if kind == 'moderator':
            connection.execute(
                sa.text('UPDATE api_key SET made_by = :maker WHERE id = :id'), {'maker': actor_id, 'id': key_id}
            )


def downgrade() -> None:
    with op.batch_alter_table('api_key', schema=None) as batch_op:
        batch_op.drop_column('made_by')
