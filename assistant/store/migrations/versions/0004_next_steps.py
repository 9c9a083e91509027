"""Steps that run: clocks, contacts and other notes in the record, signals, letters' details, school logs.

An entry of the record may now be about the child or a service line alone. SQLite cannot lift NOT NULL in
place, so there the table is copied, row by row and hash by hash, and its triggers are set up again.

Revision ID: 0004
Revises: 0003
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
SHORT = sa.String(length=40)
_INDEXES = (
    ("ix_log_entries_expectation_id", ["expectation_id"]),
    ("ix_log_entries_inbound_id", ["inbound_id"]),
    ("ix_log_entries_service_line_id_day", ["service_line_id", "day"]),
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _copy_log_entries()
    else:
        op.alter_column("log_entries", "service_line_id", nullable=True)
        op.alter_column("log_entries", "expectation_id", nullable=True)
    op.add_column("steps", sa.Column("answer", SHORT, nullable=True))
    op.add_column("steps", sa.Column("answered_on", sa.Date(), nullable=True))
    op.add_column("caregivers", sa.Column("summary_at", MOMENT, nullable=True))
    _partial_index("caregivers", "summary_at")
    # The first summary is due at once; the job then moves on to its own day.
    op.execute("UPDATE caregivers SET summary_at = CURRENT_TIMESTAMP WHERE mails = 'in'")
    _clocks()
    _letters()
    _school_logs()
    _policies()


def downgrade() -> None:
    raise RuntimeError("what is recorded is not given up; restore a backup instead")


def _copy_log_entries() -> None:
    for name, _ in _INDEXES:
        op.drop_index(name, "log_entries")
    op.rename_table("log_entries", "log_entries_before")
    table = op.create_table(
        "log_entries",
        _id(),
        _whole("child_id"),
        _whole("number"),
        _whole("service_line_id", nullable=True),
        _whole("expectation_id", nullable=True),
        _whole("question_id", nullable=True),
        _whole("caregiver_id", nullable=True),
        _whole("inbound_id", nullable=True),
        sa.Column("kind", SHORT, nullable=False, server_default="answer"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("outcome", SHORT, nullable=False),
        sa.Column("cause", SHORT, nullable=True),
        _whole("minutes", nullable=True),
        _whole("sessions", nullable=True),
        _whole("chances", nullable=True),
        sa.Column("knows", SHORT, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("recorded_at", MOMENT, nullable=False),
        _whole("supersedes", nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_log_entries_number")),
        *_foreign(
            "log_entries",
            ("child_id", "children"),
            ("service_line_id", "service_lines"),
            ("expectation_id", "expectations"),
            ("question_id", "questions"),
            ("caregiver_id", "caregivers"),
            ("inbound_id", "inbound_texts"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_entries")),
        sa.UniqueConstraint("child_id", "number", name=op.f("uq_log_entries_child_id_number")),
    )
    names = ", ".join(column.name for column in table.columns)
    op.execute(f"INSERT INTO log_entries ({names}) SELECT {names} FROM log_entries_before")  # noqa: S608  our own names
    op.drop_table("log_entries_before")  # its triggers go with it
    for name, columns in _INDEXES:
        op.create_index(name, "log_entries", columns)
    _refuse_changes("log_entries")


def _refuse_changes(table: str) -> None:
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _clocks() -> None:
    op.create_table(
        "clocks",
        _id(),
        _whole("step_id"),
        sa.Column("name", SHORT, nullable=False),
        sa.Column("kind", SHORT, nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("latest", sa.Date(), nullable=False),
        sa.Column("citation", sa.Text(), nullable=False),
        sa.Column("state", SHORT, nullable=False),
        sa.Column("told", SHORT, nullable=False),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.CheckConstraint("state IN ('running', 'met', 'passed', 'ended')", name=op.f("ck_clocks_state")),
        *_foreign("clocks", ("step_id", "steps")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clocks")),
        sa.UniqueConstraint("step_id", "name", name=op.f("uq_clocks_step_id_name")),
    )
    _partial_index("clocks", "next_at")
    op.create_table(
        "signals",
        _id(),
        _whole("child_id"),
        _whole("case_id", nullable=True),
        sa.Column("key", SHORT, nullable=False),
        sa.Column("how", SHORT, nullable=False),
        sa.Column("entries", sa.JSON(), nullable=False),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.Column("told_at", MOMENT, nullable=True),
        *_foreign("signals", ("child_id", "children"), ("case_id", "cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signals")),
        sa.UniqueConstraint("child_id", "key", name=op.f("uq_signals_child_id_key")),
    )


def _letters() -> None:
    op.create_table(
        "details",
        _id(),
        _whole("child_id"),
        sa.Column("key", SHORT, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        _whole("caregiver_id", nullable=True),
        sa.Column("updated_at", MOMENT, nullable=False),
        *_foreign("details", ("child_id", "children"), ("caregiver_id", "caregivers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_details")),
        sa.UniqueConstraint("child_id", "key", name=op.f("uq_details_child_id_key")),
    )
    op.create_table(
        "drafts",
        _id(),
        _whole("step_id"),
        sa.Column("letter", SHORT, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        _whole("caregiver_id", nullable=True),
        sa.Column("updated_at", MOMENT, nullable=False),
        *_foreign("drafts", ("step_id", "steps"), ("caregiver_id", "caregivers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
        sa.UniqueConstraint("step_id", "letter", name=op.f("uq_drafts_step_id_letter")),
    )


def _school_logs() -> None:
    op.create_table(
        "school_logs",
        _id(),
        _whole("child_id"),
        _whole("caregiver_id", nullable=True),
        sa.Column("source", SHORT, nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("imported_at", MOMENT, nullable=False),
        *_foreign("school_logs", ("child_id", "children"), ("caregiver_id", "caregivers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_logs")),
    )
    op.create_index("ix_school_logs_child_id", "school_logs", ["child_id"])
    op.create_table(
        "school_log_rows",
        _id(),
        _whole("school_log_id"),
        _whole("service_line_id"),
        _whole("place"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("said", SHORT, nullable=False),
        _whole("minutes", nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("said IN ('given', 'not_given', 'unclear')", name=op.f("ck_school_log_rows_said")),
        *_foreign("school_log_rows", ("school_log_id", "school_logs"), ("service_line_id", "service_lines")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_log_rows")),
    )
    op.create_index("ix_school_log_rows_school_log_id", "school_log_rows", ["school_log_id"])
    op.create_index("ix_school_log_rows_service_line_id", "school_log_rows", ["service_line_id"])


def _policies() -> None:
    op.create_table(
        "policy_versions",
        _id(),
        sa.Column("service", SHORT, nullable=False),
        _whole("version"),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_versions")),
        sa.UniqueConstraint("service", "version", name=op.f("uq_policy_versions_service_version")),
    )
    if op.get_bind().dialect.name == "sqlite":
        _refuse_changes("policy_versions")
        return
    op.execute(
        "CREATE FUNCTION policy_versions_keep() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'policy_versions is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER policy_versions_append_only BEFORE UPDATE OR DELETE ON policy_versions "
        "FOR EACH ROW EXECUTE FUNCTION policy_versions_keep()"
    )


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), nullable=False)


def _whole(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _foreign(table: str, *columns: tuple[str, str]) -> Iterator[sa.ForeignKeyConstraint]:
    for column, other in columns:
        yield sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _partial_index(table: str, column: str) -> None:
    only = sa.text(f"{column} IS NOT NULL")
    op.create_index(f"ix_{table}_{column}", table, [column], sqlite_where=only, postgresql_where=only)
