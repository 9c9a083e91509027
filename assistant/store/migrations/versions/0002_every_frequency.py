"""Every way an IEP writes a service: what is asked, periods, nudges, make-ups, versions, calendar feeds.

Columns are added in place, never by rebuilding a table: the triggers that keep the record stay.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _columns()
    _partial_index("expectations", "nudge_at")
    _partial_index("iep_versions", "remind_at")
    op.create_index("uq_caregivers_feed_key", "caregivers", ["feed_key"], unique=True)
    _make_ups()


def downgrade() -> None:
    raise RuntimeError("what is recorded is not given up; restore a backup instead")


def _columns() -> None:
    moment = sa.DateTime(timezone=True)
    short = sa.String(length=40)
    for table, column in (
        ("caregivers", sa.Column("feed_key", short, nullable=True)),
        ("iep_versions", sa.Column("renews_on", sa.Date(), nullable=True)),
        ("iep_versions", sa.Column("remind_at", moment, nullable=True)),
        ("service_lines", sa.Column("esy", sa.Boolean(), nullable=False, server_default=sa.false())),
        ("service_lines", sa.Column("minimum_day_minutes", sa.Integer(), nullable=True)),
        ("expectations", sa.Column("asks", short, nullable=False, server_default="happened")),
        ("expectations", sa.Column("period_to", sa.Date(), nullable=True)),
        ("expectations", sa.Column("nudge_at", moment, nullable=True)),
        ("log_entries", sa.Column("kind", short, nullable=False, server_default="answer")),
        ("log_entries", sa.Column("chances", sa.Integer(), nullable=True)),
    ):
        op.add_column(table, column)


def _partial_index(table: str, column: str) -> None:
    only = sa.text(f"{column} IS NOT NULL")
    op.create_index(f"ix_{table}_{column}", table, [column], sqlite_where=only, postgresql_where=only)


def _make_ups() -> None:
    op.create_table(
        "make_ups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("service_line_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("expectation_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('offered', 'declined', 'promised', 'given', 'not_given')",
            name=op.f("ck_make_ups_state"),
        ),
        sa.ForeignKeyConstraint(
            ["service_line_id"], ["service_lines.id"], name=op.f("fk_make_ups_service_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["expectation_id"], ["expectations.id"], name=op.f("fk_make_ups_expectation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_make_ups")),
    )
    op.create_index("ix_make_ups_service_line_id", "make_ups", ["service_line_id"])
    op.create_index("ix_make_ups_expectation_id", "make_ups", ["expectation_id"])
    op.create_table(
        "repaid",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("make_up_id", sa.Integer(), nullable=False),
        sa.Column("expectation_id", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["make_up_id"], ["make_ups.id"], name=op.f("fk_repaid_make_up_id")),
        sa.ForeignKeyConstraint(
            ["expectation_id"], ["expectations.id"], name=op.f("fk_repaid_expectation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repaid")),
        sa.UniqueConstraint("make_up_id", "expectation_id", name=op.f("uq_repaid_make_up_id_expectation_id")),
    )
    op.create_index("ix_repaid_expectation_id", "repaid", ["expectation_id"])
