"""The votes' log: append only, durable when acknowledged, the only file that knows its database.

SQLite (WAL, synchronous FULL) or PostgreSQL, one code path. A writer locks the head's row, reads
what others wrote, appends and commits; so events have one order, without a gap.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event as listen
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from core.errors import LogDamaged, LogError, LogUnsure, NewerSchema, UsageError
from core.relabel.chain import Body, Event, breaks, canonical, event_hash, genesis, items_hash
from core.relabel.witness import Witness
from core.schema.relabel import Head, QueueItem

LOG_VERSION = 1
"""Of the tables below; a later one is refused, an earlier one is brought up to it."""

MIGRATIONS: Mapping[int, Sequence[str]] = {}
"""Version → the statements that lead to it from the one before."""

_TABLES = sa.MetaData()
_META = sa.Table(
    "meta",
    _TABLES,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
_HEAD = sa.Table(
    "head",
    _TABLES,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)
_EVENTS = sa.Table(
    "events",
    _TABLES,
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
_ITEMS = sa.Table(
    "items",
    _TABLES,
    sa.Column("queue", sa.Text, primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("body", sa.Text, nullable=False),
)
_BUSY_MS = 30_000


class AlreadyThere(Exception):
    """An event with this item key is in the log; nothing was appended."""


class Writing:
    """One transaction: what is appended stands when the `with` block ends, or not at all."""

    def __init__(self, con: sa.Connection, now: Callable[[], int]) -> None:
        self._con = con
        row = con.execute(sa.select(_HEAD).with_for_update()).one()
        self.head = Head(row.seq, row.hash)
        self._at = row.at
        self.at = max(now(), self._at)
        """Time of what is appended: a clock that jumps back does not turn the order around."""
        self.events: list[Event] = []

    def after(self, seq: int) -> list[Event]:
        """Return the events behind `seq`, those of this transaction too."""
        return _read(self._con, seq)

    def append(
        self,
        kind: str,
        person: str,
        body: Body,
        pair_id: int | None = None,
        item_key: str | None = None,
    ) -> Event:
        """Add an event; raise AlreadyThere where its key is taken."""
        if item_key is not None and self._taken(item_key):
            raise AlreadyThere(item_key)
        # As it will be read back: tuples are lists there, and the hash is over what is read.
        read = json.loads(canonical(body))
        event = Event(
            self.head.seq + 1, self.at, person, kind, pair_id, read, item_key, self.head.hash, ""
        )
        event = replace(event, hash=event_hash(event))
        self._con.execute(_EVENTS.insert(), _row(event))
        self.head = Head(event.seq, event.hash)
        self.events.append(event)
        return event

    def add_items(self, queue: str, items: Iterable[QueueItem]) -> None:
        """Keep the items of a queue, whose event must hold their hash."""
        rows = [
            {"queue": queue, "place": place, "body": canonical(asdict(item))}
            for place, item in enumerate(items)
        ]
        if rows:
            self._con.execute(_ITEMS.insert(), rows)

    def put_back(self, event: Event) -> None:
        """Add an event as a backup holds it, hash and all."""
        self._con.execute(_EVENTS.insert(), _row(event))
        self.head, self.at = Head(event.seq, event.hash), event.at
        self.events.append(event)

    def finish(self) -> None:
        """Write the head; the last statement before the commit."""
        if self.events:
            values = {"seq": self.head.seq, "at": self.at, "hash": self.head.hash}
            self._con.execute(_HEAD.update().values(**values))

    def _taken(self, item_key: str) -> bool:
        found = self._con.execute(sa.select(_EVENTS.c.seq).where(_EVENTS.c.item_key == item_key))
        return found.first() is not None


class Log:
    """A log that may not be there yet: reading then finds nothing, the first write makes it."""

    def __init__(self, url: str, witness: Witness | None, now: Callable[[], int]) -> None:
        self.url = sa.make_url(url)
        self.witness = witness
        self.now = now
        self._engine = _engine(self.url)
        self._log_id: str | None = None

    @property
    def log_id(self) -> str:
        """Return what tells this log from every other; "" while there is none."""
        return self._log_id or ""

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """Open a transaction; committed and durable when the block has ended without an error.

        Raises:
            LogUnsure: the connection broke in the commit itself; sending again is safe.
            LogError: the log cannot be reached or written; nothing was saved.
        """
        self._ready(make=True)
        with self._speaking(), self._engine.connect() as con:
            con = con.execution_options(assay_writes=True)
            with con.begin() as transaction:
                made = Writing(con, self.now)
                yield made
                made.finish()
                try:
                    transaction.commit()
                except DBAPIError as error:
                    raise self._unsure(error) from error
        if made.events and self.witness:
            self.witness.write(self.log_id, made.head)

    def after(self, seq: int) -> list[Event]:
        """Return the events behind `seq` in order."""
        if not self._ready():
            return []
        with self._speaking(), self._engine.connect() as con:
            return _read(con, seq)

    def head(self) -> Head:
        """Return where the log ends; Head(0, "") while there is none."""
        if not self._ready():
            return Head(0, "")
        with self._speaking(), self._engine.connect() as con:
            row = con.execute(sa.select(_HEAD.c.seq, _HEAD.c.hash)).one()
        return Head(row.seq, row.hash)

    def items(self, queue: str) -> tuple[QueueItem, ...]:
        """Return the items of a queue in their order."""
        if not self._ready():
            return ()
        asked = sa.select(_ITEMS.c.body).where(_ITEMS.c.queue == queue).order_by(_ITEMS.c.place)
        with self._speaking(), self._engine.connect() as con:
            return tuple(QueueItem(**json.loads(body)) for body in con.execute(asked).scalars())

    def lost(self, head: Head) -> str:
        """Return what the head kept outside says against `head`, "" when nothing."""
        seen = self.witness.read(self.log_id) if self.witness else None
        if seen is None or seen.seq <= 0:
            return ""
        if seen.seq > head.seq:
            gone = seen.seq - head.seq
            return f"The log ends at event {head.seq:,}; it had {seen.seq:,}: {gone:,} are gone."
        if seen.seq == head.seq and seen.hash != head.hash:
            return f"Event {head.seq:,} is another one than it was: the log was replaced or edited."
        return ""

    def check(self) -> list[str]:
        """Return a sentence for everything that does not hold; empty when all does."""
        if not self._ready():
            return []
        head, events = self.head(), self.after(0)
        found = list(breaks(events, genesis(self.log_id)))
        last = events[-1] if events else None
        if head.seq != (last.seq if last else 0) or (last and head.hash != last.hash):
            found.append(f"The head names event {head.seq:,}, the last one is another.")
        found += [lost] if (lost := self.lost(head)) else []
        seen = self.witness.read(self.log_id) if self.witness else None
        if seen and 0 < seen.seq < head.seq and events[seen.seq - 1].hash != seen.hash:
            found.append(f"Event {seen.seq:,} is another one than it was when it was written.")
        for event in events:
            if (
                event.kind == "queue"
                and items_hash(self.items(event.body["queue"])) != (event.body["items_hash"])
            ):
                found.append(f"The items of the queue {event.body['name']!r} were changed.")
        return found

    def begin_from(self, log_id: str) -> None:
        """Make an empty log with a given identity, for a backup to go into.

        Raises:
            LogError: there is a log that holds events.
        """
        if self.head().seq:
            raise LogError("There is a log with events already.", "Restore into an empty one.")
        self._ready(make=True, log_id=log_id)
        with self._speaking(), self._engine.begin() as con:
            con.execute(_META.update().where(_META.c.name == "log_id").values(value=log_id))
            con.execute(_HEAD.update().values(hash=genesis(log_id).hash))
        self._log_id = log_id

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _ready(self, make: bool = False, log_id: str = "") -> bool:
        """Return whether there is a log, made or brought up to date where asked."""
        if self._log_id is not None:
            return True
        if not make and self.url.get_backend_name() == "sqlite" and not _file(self.url).is_file():
            return False
        with self._speaking():
            with self._engine.connect() as con:
                there = sa.inspect(con).has_table("meta")
            if not there and not make:
                return False
            with self._engine.connect().execution_options(assay_writes=True) as con, con.begin():
                self._log_id = self._settle(con, log_id or secrets.token_hex(8))
        return True

    def _settle(self, con: sa.Connection, log_id: str) -> str:
        """Make the tables where they are not there; return the log's id."""
        if self.url.get_backend_name() == "postgresql":
            con.execute(sa.text("SELECT pg_advisory_xact_lock(4702111234)"))
        if not sa.inspect(con).has_table("meta"):
            _TABLES.create_all(con)
            named = {"schema_version": str(LOG_VERSION), "log_id": log_id}
            con.execute(_META.insert(), [{"name": k, "value": v} for k, v in named.items()])
            con.execute(_HEAD.insert(), {"id": 1, "seq": 0, "at": 0, "hash": genesis(log_id).hash})
        found = {row.name: row.value for row in con.execute(sa.select(_META))}
        _migrate(con, int(found["schema_version"]))
        return str(found["log_id"])

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """Turn the database's errors into sentences; what was to be written is not saved."""
        try:
            yield
        except DBAPIError as error:
            raise LogError(
                f"The votes' log at {_shown(self.url)} cannot be used: {_cause(error)}.",
                "Nothing was saved. Try again when it can be reached and written.",
            ) from error
        except SQLAlchemyError as error:
            raise LogError(f"The votes' log at {_shown(self.url)} cannot be used.") from error

    def _unsure(self, error: DBAPIError) -> LogError:
        if self.url.get_backend_name() == "sqlite":  # a commit that fails there is rolled back
            return LogError(f"The vote could not be saved: {_cause(error)}.", "Send it again.")
        return LogUnsure(
            "The connection to the votes' log broke while it was saving.",
            "Send it again: a vote that did arrive is not counted twice.",
        )


def open_log(url: str, witness: Path | None = None, now: Callable[[], int] | None = None) -> Log:
    """Open the log at a SQLAlchemy address; it is made by the first write.

    Raises:
        UsageError: not an address of SQLite or PostgreSQL.
    """
    from core.relabel.clock import microseconds

    try:
        kind = sa.make_url(url).get_backend_name()
        if kind not in ("sqlite", "postgresql"):
            raise NoSuchModuleError(kind)
        return Log(url, Witness(witness) if witness else None, now or microseconds)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise UsageError(
            "The address of the votes' log is neither SQLite's nor PostgreSQL's.",
            "Write sqlite:////folder/votes.sqlite3 or postgresql+psycopg://user@host/database.",
        ) from error


def _engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 5})
    engine = sa.create_engine(url, connect_args={"timeout": _BUSY_MS / 1000})
    listen.listen(engine, "connect", _prepare)
    listen.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, record: object) -> None:
    """Set SQLite up: its driver's own transactions off, every commit synced to the disk."""
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "synchronous = FULL", f"busy_timeout = {_BUSY_MS}"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(con: sa.Connection) -> None:
    # A writer takes its lock at once: read first and write later would fail under load.
    writes = con.get_execution_options().get("assay_writes", False)
    con.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _migrate(con: sa.Connection, version: int) -> None:
    if version > LOG_VERSION:
        raise NewerSchema("The votes' log was written by a later Assay.", "Update Assay.")
    for step in range(version + 1, LOG_VERSION + 1):
        for statement in MIGRATIONS[step]:
            con.execute(sa.text(statement))
    if version < LOG_VERSION:
        named = _META.c.name == "schema_version"
        con.execute(_META.update().where(named).values(value=str(LOG_VERSION)))


def _read(con: sa.Connection, seq: int) -> list[Event]:
    asked = sa.select(_EVENTS).where(_EVENTS.c.seq > seq).order_by(_EVENTS.c.seq)
    try:
        return [
            Event(**{**row, "body": json.loads(row["body"])})
            for row in con.execute(asked).mappings()
        ]
    except ValueError as error:
        raise LogDamaged("An event of the votes' log cannot be read.", "Run check.") from error


def _row(event: Event) -> dict[str, object]:
    return {**event.__dict__, "body": canonical(event.body)}


def _file(url: sa.URL) -> Path:
    return Path(url.database or "")


def _shown(url: sa.URL) -> str:
    """Return the address without the password."""
    return url.render_as_string(hide_password=True)


def _cause(error: DBAPIError) -> str:
    return str(error.orig).splitlines()[0].strip().rstrip(".") if str(error.orig) else "no answer"
