"""Making sure that what was deleted or overwritten does not linger in the files of the database.

SQLite overwrites freed bytes with zeros (`secure_delete`, set for every connection); old pages still stand in
the write-ahead log until that is emptied. PostgreSQL keeps dead rows until a vacuum, and their bytes until
the space is used again. Copies and backups of the file are not reached by either.
"""

from __future__ import annotations

from sqlalchemy import text

from assistant.store.engine import Store


def scrub(store: Store, *, whole: bool = False) -> None:
    """Empty the write-ahead log (SQLite) or drop dead rows (PostgreSQL). Outside any transaction.

    `whole`: write the SQLite file anew as well; nobody else can write meanwhile.
    """
    if not store.sqlite:
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM"))
        return
    raw = store.engine.raw_connection()  # a connection of ours always begins a transaction
    try:
        cursor = raw.cursor()
        if whole:
            cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        cursor.close()
    finally:
        raw.close()
