"""Who was erased, in a file beside the database: a backup from before still holds them; `restore` reads it.

A line each: what, the number of its row, and when that row was made. No name, number or address. The file
only grows. It is brought up to what the database says after every erasure, with every backup and every night,
so a line that could not be written once is written later.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection, make_url
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.store import Caregiver, Child, Guardianship, Store
from assistant.store.base import Moment

log = logging.getLogger(__name__)
TABLES = {"child": "children", "caregiver": "caregivers"}


@dataclass(frozen=True, slots=True, order=True)
class Gone:
    """A child or caregiver that was erased. `made`: of its row, ISO in UTC; a number may be given anew after
    a restore, and then it is somebody else.
    """

    what: str
    number: int
    made: str


def list_file(url: str, settings: Settings) -> Path:
    """Where the list of the database `url` is: as set, else beside SQLite's file, else in var/."""
    if settings.retention.erased_list:
        return Path(settings.retention.erased_list)
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return Path(f"{parsed.database}.erased")
    return Path("var") / f"{parsed.database}.erased"


def gone_in(connection: Connection) -> set[Gone]:
    """Who was erased, by a database of any schema; nobody where it is older than erasures."""
    found: set[Gone] = set()
    inspector = sa.inspect(connection)
    for what, name in TABLES.items():
        if not inspector.has_table(name):
            continue
        if "erased_at" not in {column["name"] for column in inspector.get_columns(name)}:
            continue
        table = sa.table(name, sa.column("id"), sa.column("created_at", Moment()), sa.column("erased_at"))
        rows = connection.execute(
            sa.select(table.c.id, table.c.created_at).where(table.c.erased_at.is_not(None))
        )
        found |= {Gone(what, number, _iso(made)) for number, made in rows}
    return found


def read_list(file: Path) -> set[Gone]:
    """Who stands in the list; nobody where there is none. Raises ValueError, OSError.

    A last line without its end was cut off while it was written; the database has it.
    """
    try:
        text = file.read_text(encoding="ascii")
    except FileNotFoundError:
        return set()
    found = set()
    for number, line in enumerate(text.split("\n")[:-1], start=1):
        try:
            told = json.loads(line)
            gone = Gone(str(told["what"]), int(told["number"]), _iso(datetime.fromisoformat(told["made"])))
            if gone.what not in TABLES:
                raise ValueError
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"{file}: line {number}: not a line of the list of who was erased") from None
        found.add(gone)
    return found


def bring_up(connection: Connection, file: Path) -> int:
    """Add to the list whoever is erased and not in it. Returns how many. Raises ValueError, OSError."""
    missing = sorted(gone_in(connection) - read_list(file))
    if missing:
        file.parent.mkdir(parents=True, exist_ok=True)
        _cut_back(file)
        with file.open("ab") as out:
            out.write(b"".join(json.dumps(asdict(one)).encode("ascii") + b"\n" for one in missing))
            out.flush()
            os.fsync(out.fileno())
    return len(missing)


def keep_list(store: Store, settings: Settings) -> None:
    """Bring the list up. What goes wrong is logged: the erasure stands, and the night tries again."""
    file = list_file(store.engine.url.render_as_string(hide_password=False), settings)
    try:
        with store.read() as session:
            bring_up(session.connection(), file)
    except (OSError, ValueError) as error:
        log.error("the list of who was erased could not be written (%s)", type(error).__name__)


def still_there(session: Session, gone: Collection[Gone]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Those of the list whom this database has whole: children, caregivers."""
    return _matching(session, Child, gone, "child"), _matching(session, Caregiver, gone, "caregiver")


def carers_left(session: Session, children: Iterable[int], caregivers: Iterable[int]) -> tuple[int, ...]:
    """Who else cares for these children."""
    others = (
        sa.select(Guardianship.caregiver_id)
        .where(Guardianship.child_id.in_(list(children)), Guardianship.caregiver_id.not_in(list(caregivers)))
        .distinct()
    )
    return tuple(session.scalars(others.order_by(Guardianship.caregiver_id)))


def _matching(
    session: Session, table: type[Child] | type[Caregiver], gone: Collection[Gone], what: str
) -> tuple[int, ...]:
    numbers = [one.number for one in gone if one.what == what]
    rows = session.execute(
        sa.select(table.id, table.created_at)
        .where(table.erased_at.is_(None), table.id.in_(numbers))
        .order_by(table.id)
    )
    return tuple(number for number, at in rows if Gone(what, number, _iso(at)) in gone)


def _cut_back(file: Path) -> None:
    """A line that a full disk cut off is taken away; what it said is missing, and so written anew."""
    if file.exists() and not (data := file.read_bytes()).endswith(b"\n"):
        os.truncate(file, data.rfind(b"\n") + 1)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
