"""E-mail that comes back: mailboxes, what was taken from them, and one subject for a thread.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
SHORT = sa.String(length=40)


def upgrade() -> None:
    op.add_column(
        "outgoing_messages", sa.Column("thread_subject", sa.Text(), nullable=False, server_default="")
    )
    op.create_table(
        "mailboxes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", SHORT, nullable=False),
        sa.Column("uid_validity", sa.BigInteger(), nullable=False),
        sa.Column("last_uid", sa.BigInteger(), nullable=False),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailboxes")),
        sa.UniqueConstraint("name", name=op.f("uq_mailboxes_name")),
    )
    where = sa.text("next_at IS NOT NULL")
    op.create_index(
        "ix_mailboxes_next_at", "mailboxes", ["next_at"], sqlite_where=where, postgresql_where=where
    )
    op.create_table(
        "inbound_mails",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mailbox_id", sa.Integer(), nullable=False),
        sa.Column("uid_validity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", SHORT, nullable=False),
        sa.Column("status", SHORT, nullable=False),
        sa.Column("reference", SHORT, nullable=False),
        sa.Column("by_tag", sa.Boolean(), nullable=False),
        sa.Column("inbound_id", sa.Integer(), nullable=True),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_mails")),
        sa.UniqueConstraint(
            "mailbox_id", "uid_validity", "uid", name=op.f("uq_inbound_mails_mailbox_id_uid_validity_uid")
        ),
        sa.UniqueConstraint("key", name=op.f("uq_inbound_mails_key")),
    )
    op.create_index("ix_inbound_mails_inbound_id", "inbound_mails", ["inbound_id"])
    op.create_index("ix_inbound_mails_reference", "inbound_mails", ["reference"])
    op.create_index("ix_outgoing_messages_reference", "outgoing_messages", ["reference"])


def downgrade() -> None:
    raise RuntimeError("what is recorded is not given up; restore a backup instead")
