"""Making sure that what was deleted or overwritten does not linger in the files of the database.

SQLite overwrites freed bytes with zeros (`secure_delete`, set for every connection); old pages still stand in
the write-ahead log until that is emptied. PostgreSQL keeps dead rows until a vacuum, their bytes within a
page until the space is used again or the table is written anew, and those in its write-ahead log until its
files are used again. Copies and backups of the files are not reached by either.
"""

from __future__ import annotations

from sqlalchemy import text

from assistant.store.engine import Store


def scrub(store: Store, *, whole: bool = False) -> None:
    """Empty the write-ahead log (SQLite) or drop dead rows (PostgreSQL). Outside any transaction.

    `whole`: write the file, or every table, anew; nobody else can use it meanwhile.
    """
    if not store.sqlite:
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM FULL" if whole else "VACUUM"))
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
