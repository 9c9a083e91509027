"""What a channel as a whole is up to; texts asked about until they arrive; a second try beside the first.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
SHORT = sa.String(length=40)
MESSAGES = "outgoing_messages"


def upgrade() -> None:
    op.create_table(
        "senders",
        sa.Column("channel", SHORT, nullable=False),
        sa.Column("ready_at", MOMENT, nullable=True),
        sa.Column("tail_at", MOMENT, nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("halted_at", MOMENT, nullable=True),
        sa.Column("halt_code", SHORT, nullable=False),
        sa.Column("proof", SHORT, nullable=False),
        sa.Column("probe_at", MOMENT, nullable=True),
        sa.Column("probes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_senders")),
    )
    op.add_column(MESSAGES, sa.Column("put_off", sa.Integer(), nullable=False, server_default="0"))
    # Written out: as a constraint of its own SQLite could not add it.
    op.execute(
        "ALTER TABLE outgoing_messages ADD COLUMN again_of INTEGER "
        "CONSTRAINT fk_outgoing_messages_again_of REFERENCES outgoing_messages (id)"
    )
    op.drop_index("ix_outgoing_messages_next_at", MESSAGES)
    where = sa.text("next_at IS NOT NULL")
    op.create_index(
        "ix_outgoing_messages_next_at", MESSAGES, ["next_at"], sqlite_where=where, postgresql_where=where
    )
    failed = sa.text("error_code <> ''")
    op.create_index(
        "ix_outgoing_messages_error_code",
        MESSAGES,
        ["error_code", "sent_at"],
        sqlite_where=failed,
        postgresql_where=failed,
    )


def downgrade() -> None:
    raise RuntimeError("what is recorded is not given up; restore a backup instead")
