"""The log's tables, and how each database is set up so that what it commits is on the disk."""

from __future__ import annotations

import fcntl
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import sqlalchemy as sa
from sqlalchemy import event as listen

from core.errors import NewerSchema
from core.relabel.chain import genesis

LOG_VERSION = 1
"""Of the tables below; a later one is refused, an earlier one is brought up to it."""

MIGRATIONS: Mapping[int, Sequence[str]] = {}
"""Version → the statements that lead to it from the one before."""

TABLES = sa.MetaData()
META = sa.Table(
    "meta",
    TABLES,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
HEAD = sa.Table(
    "head",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)
EVENTS = sa.Table(
    "events",
    TABLES,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("pair_id", sa.BigInteger),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("item_key", sa.Text, unique=True),
    sa.Column("prev_hash", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)
ITEMS = sa.Table(
    "items",
    TABLES,
    sa.Column("queue", sa.Text, primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("body", sa.Text, nullable=False),
)
_BUSY_MS = 30_000
_LOOK_SECONDS = 0.0005
_SESSION = (
    # A commit waits for the disk, whatever the server's default; where it waits for more, it does.
    "SELECT set_config('synchronous_commit', 'on', false)"
    " WHERE current_setting('synchronous_commit') = 'off'",
    # Whoever vanished in the middle does not hold the head's row for hours.
    f"SET idle_in_transaction_session_timeout = {2 * _BUSY_MS}",
    f"SET lock_timeout = {_BUSY_MS}",
)


@contextmanager
def turn(url: sa.URL) -> Iterator[None]:
    """Hold the turn to write to a file of SQLite, which itself asks again at up to 0.1 s.

    Where it does not come in time, or there is no place for its file, SQLite decides.
    """
    file = _open(Path(f"{url.database}-turn")) if url.get_backend_name() == "sqlite" else None
    if file is None:
        yield
        return
    with file:
        ends = time.monotonic() + _BUSY_MS / 1000
        while not _taken(file.fileno()) and time.monotonic() < ends:
            time.sleep(_LOOK_SECONDS)
        yield


def _open(path: Path) -> BinaryIO | None:
    try:
        return path.open("ab")
    except OSError:
        return None


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def engine_of(url: sa.URL) -> sa.Engine:
    """Return the engine of a database; nothing is opened yet."""
    if url.get_backend_name() != "sqlite":
        made = sa.create_engine(
            url,
            pool_pre_ping=True,
            isolation_level="READ COMMITTED",
            connect_args={"connect_timeout": 5, "tcp_user_timeout": _BUSY_MS},
        )
        listen.listen(made, "connect", _set_up)
        return made
    engine = sa.create_engine(url, connect_args={"timeout": _BUSY_MS / 1000})
    listen.listen(engine, "connect", _prepare)
    listen.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, record: object) -> None:
    """Set SQLite up: its driver's own transactions off, every commit synced to the disk."""
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "synchronous = FULL", f"busy_timeout = {_BUSY_MS}"):
        _tell(connection, f"PRAGMA {pragma}")


def _tell(connection: Any, pragma: str) -> None:
    """Run it; while two switch a new file to WAL, SQLite says BUSY without having waited."""
    ends = time.monotonic() + _BUSY_MS / 1000
    while True:
        try:
            connection.execute(pragma).close()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > ends:
                raise
        time.sleep(_LOOK_SECONDS)


def _set_up(connection: Any, record: object) -> None:
    for statement in _SESSION:
        connection.execute(statement)
    connection.commit()


def _begin(con: sa.Connection) -> None:
    # A writer takes its lock at once: read first and write later would fail under load.
    writes = con.get_execution_options().get("assay_writes", False)
    con.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def settle(con: sa.Connection, log_id: str) -> dict[str, str]:
    """Make the tables where they are not there; return what the log says of itself.

    Raises:
        NewerSchema: a later Assay wrote it.
    """
    if con.dialect.name == "postgresql":
        con.execute(sa.text("SELECT pg_advisory_xact_lock(4702111234)"))
    if not meta(con):
        TABLES.create_all(con)
        named = {"schema_version": str(LOG_VERSION), "log_id": log_id}
        con.execute(META.insert(), [{"name": k, "value": v} for k, v in named.items()])
        con.execute(HEAD.insert(), {"id": 1, "seq": 0, "at": 0, "hash": genesis(log_id).hash})
    found = meta(con)
    _migrate(con, int(found["schema_version"]))
    return found


def _migrate(con: sa.Connection, version: int) -> None:
    if version > LOG_VERSION:
        raise NewerSchema("The votes' log was written by a later Assay.", "Update Assay.")
    for step in range(version + 1, LOG_VERSION + 1):
        for statement in MIGRATIONS[step]:
            con.execute(sa.text(statement))
    if version < LOG_VERSION:
        named = META.c.name == "schema_version"
        con.execute(META.update().where(named).values(value=str(LOG_VERSION)))


def meta(con: sa.Connection) -> dict[str, str]:
    """Return what a log says of itself; empty where there is none."""
    if not sa.inspect(con).has_table("meta"):
        return {}
    return {row.name: row.value for row in con.execute(sa.select(META))}
