"""Closures with who made them, calendars that staff offer, reviews of the guide.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
SHORT = sa.String(length=40)


def upgrade() -> None:
    op.add_column("calendars", sa.Column("offered", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "closures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("calendar_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("by", SHORT, nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.Column("undone_by", SHORT, nullable=True),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendars.id"], name=op.f("fk_closures_calendar_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closures")),
    )
    op.create_index("ix_closures_calendar_id_day", "closures", ["calendar_id", "day"])
    op.create_table(
        "guide_reviews",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("jurisdiction", SHORT, nullable=False),
        sa.Column("key", SHORT, nullable=False),
        sa.Column("state", SHORT, nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("guide_version", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guide_reviews")),
    )
    op.create_index("ix_guide_reviews_jurisdiction_key", "guide_reviews", ["jurisdiction", "key"])
    of_calendars = sa.text(
        "kind IN ('calendar_made', 'calendar_replaced', 'calendar_named', 'closure', 'closure_undone')"
    )
    op.create_index(
        "ix_audit_events_calendars",
        "audit_events",
        ["subject"],
        sqlite_where=of_calendars,
        postgresql_where=of_calendars,
    )


def downgrade() -> None:
    raise RuntimeError("what is recorded is not given up; restore a backup instead")
