"""Texts that come in: where from, when kept, parts and packed bodies; the media that came with them.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
SHORT = sa.String(length=40)


def upgrade() -> None:
    for column in (
        sa.Column("source", SHORT, nullable=False, server_default=""),
        sa.Column("raw", sa.Text(), nullable=True),
        sa.Column("error_code", SHORT, nullable=False, server_default=""),
        sa.Column("kept_at", MOMENT, nullable=True),
        sa.Column("read_from", MOMENT, nullable=True),
        sa.Column("part_of", sa.Integer(), nullable=True),
    ):
        op.add_column("inbound_texts", column)
    op.execute("UPDATE inbound_texts SET read_from = received_at WHERE handled_at IS NULL")
    op.drop_index("ix_inbound_texts_unhandled", "inbound_texts")
    unread = sa.text("handled_at IS NULL")
    for name, of in (
        ("ix_inbound_texts_unread", "read_from"),
        ("ix_inbound_texts_unread_of", "from_address"),
    ):
        op.create_index(name, "inbound_texts", [of], sqlite_where=unread, postgresql_where=unread)
    _media()


def downgrade() -> None:
    raise RuntimeError("what is recorded is not given up; restore a backup instead")


def _media() -> None:
    op.create_table(
        "media",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("inbound_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("provider_id", SHORT, nullable=False),
        sa.Column("claimed_type", sa.Text(), nullable=False),
        sa.Column("content_type", SHORT, nullable=False),
        sa.Column("state", SHORT, nullable=False),
        sa.Column("why", SHORT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.Column("kept_at", MOMENT, nullable=True),
        sa.Column("gone_at", MOMENT, nullable=True),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["inbound_id"], ["inbound_texts.id"], name=op.f("fk_media_inbound_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
        sa.UniqueConstraint("inbound_id", "position", name=op.f("uq_media_inbound_id_position")),
    )
    due = sa.text("next_at IS NOT NULL")
    op.create_index("ix_media_next_at", "media", ["next_at"], sqlite_where=due, postgresql_where=due)
