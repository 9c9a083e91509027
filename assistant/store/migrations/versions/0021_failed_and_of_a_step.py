"""What did not arrive by its moment, and the messages of a step: pages of staff and of a step ask for them.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, column, condition in (
        ("ix_outgoing_messages_failed_at", "created_at", "state = 'failed'"),
        ("ix_outgoing_messages_step_id", "step_id", "step_id IS NOT NULL"),
    ):
        only = sa.text(condition)
        op.create_index(name, "outgoing_messages", [column], sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    raise RuntimeError("what is recorded is not given up; restore a backup instead")
