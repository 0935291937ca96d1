"""The votes' log: append only, durable when acknowledged.

SQLite (WAL, synchronous FULL) or PostgreSQL, one code path. A writer locks the head's row, reads
what others wrote, appends and commits; so events have one order, without a gap.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from core.errors import LogDamaged, LogError, LogUnsure, RelabelError, UsageError
from core.relabel.address import file_of, places_of, shown
from core.relabel.chain import Body, Event, breaks, canonical, event_hash, genesis
from core.relabel.clock import microseconds
from core.relabel.database import EVENTS, HEAD, ITEMS, META, engine_of, meta, settle, turn
from core.relabel.database import LOG_VERSION as LOG_VERSION
from core.relabel.witness import Witness
from core.schema.relabel import Head, QueueItem

ACCEPT = "Restore the last backup; to go on without what is gone, remove votes-head.json."
TAKEN = (
    "There is a log with events already.",
    "Restore into an empty one: move all of votes.sqlite3* away, or name another with --log.",
)
PAGE = 20_000
"""Events that are read at once: a long log is never in memory as a whole."""

_LOCKED_HEAD = sa.select(HEAD).with_for_update()
_ADD, _SET_HEAD = EVENTS.insert(), HEAD.update()
_AFTER = sa.select(EVENTS).where(EVENTS.c.seq > sa.bindparam("behind")).order_by(EVENTS.c.seq)
"""Made once: to make a statement anew costs more than to run it."""


class AlreadyThere(Exception):
    """An event with this item key is in the log; nothing was appended."""


class Writing:
    """One transaction: what is appended stands when the `with` block ends, or not at all."""

    def __init__(self, con: sa.Connection, now: Callable[[], int]) -> None:
        self._con = con
        row = con.execute(_LOCKED_HEAD).one()
        self.head = Head(row.seq, row.hash)
        self.now = now()
        """Time by this machine's clock: what leases are measured by."""
        self.at = max(self.now, row.at)
        """Time of what is appended: a clock that jumps back does not turn the order around."""
        self.events: list[Event] = []
        self._written = 0
        self._keys: set[str | None] = set()

    def after(self, seq: int) -> list[Event]:
        """Return the events behind `seq`, those of this transaction too."""
        self._write()
        return _read(self._con, seq) if seq < self.head.seq else []

    def append(
        self,
        kind: str,
        person: str,
        body: Body,
        pair_id: int | None = None,
        item_key: str | None = None,
        known: bool = False,
    ) -> Event:
        """Add an event; raise AlreadyThere where its key is taken.

        known: the caller read all events and knows that it is not; the table is unique besides.
        """
        _check(person, pair_id)
        if item_key is not None and not known and self._taken(item_key):
            raise AlreadyThere(item_key)
        # As it will be read back: tuples are lists there, and the hash is over what is read.
        read = json.loads(canonical(body))
        event = Event(
            self.head.seq + 1, self.at, person, kind, pair_id, read, item_key, self.head.hash, ""
        )
        event = replace(event, hash=event_hash(event))
        self._add(event)
        return event

    def add_items(self, queue: str, items: Iterable[QueueItem]) -> None:
        """Keep the items of a queue, whose event must hold their hash."""
        rows = [
            {"queue": queue, "place": place, "body": canonical(item.__dict__)}
            for place, item in enumerate(items)
        ]
        if rows:
            self._con.execute(ITEMS.insert(), rows)

    def put_back(self, event: Event) -> None:
        """Add an event as a backup holds it, hash and all."""
        self.at = event.at
        self._add(event)

    def finish(self) -> None:
        """Write what is left and the head; the last statements before the commit."""
        self._write()
        if self.events:
            values = {"seq": self.head.seq, "at": self.at, "hash": self.head.hash}
            self._con.execute(_SET_HEAD, values)

    def _add(self, event: Event) -> None:
        self.head = Head(event.seq, event.hash)
        self.events.append(event)
        self._keys.add(event.item_key)
        if len(self.events) - self._written >= PAGE:
            self._write()

    def _write(self) -> None:
        """Send what was appended, in one go."""
        if rows := [_row(event) for event in self.events[self._written :]]:
            self._con.execute(_ADD, rows)
            self._written = len(self.events)

    def _taken(self, item_key: str) -> bool:
        if item_key in self._keys:
            return True
        found = self._con.execute(sa.select(EVENTS.c.seq).where(EVENTS.c.item_key == item_key))
        return found.first() is not None


class Log:
    """A log that may not be there yet: reading then finds nothing, the first write makes it."""

    def __init__(self, url: str, witness: Witness | None, now: Callable[[], int]) -> None:
        self.url = sa.make_url(url)
        self.witness = witness
        self._places = places_of(self.url, witness.path if witness else None)
        self.now = now
        self._engine = engine_of(self.url)
        self._log_id: str | None = None
        self._begun = False
        """Whether it held events: an empty log may get the id of a copy that is restored."""
        self._looked = False
        self.kept_outside = False
        """Whether this process saw the head of this log outside."""
        self._inode: tuple[int, int] | None = None

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
        with (
            turn(self.url),
            self._speaking(),
            self._connect(writes=True) as con,
            con.begin() as transaction,
        ):
            made = Writing(con, self.now)
            self._sound(made.head)
            yield made
            made.finish()
            try:
                transaction.commit()
            except DBAPIError as error:
                raise self._unsure(error) from error
        self._begun = made.head.seq > 0
        if made.events and self.witness:
            self.witness.write(self.log_id, made.head, self._places[0])

    def _sound(self, head: Head) -> None:
        """Look once, before this process writes, whether the log is as long as it was."""
        if not self._looked and (lost := self.lost(head)):
            raise LogDamaged(lost, ACCEPT)
        self._looked = True

    def after(self, seq: int, most: int | None = None) -> list[Event]:
        """Return the events behind `seq` in order, the first `most` of them."""
        if not self._ready():
            return []
        with self._speaking(), self._connect() as con:
            return _read(con, seq, most)

    def pages(self, seq: int = 0) -> Iterator[list[Event]]:
        """Yield the events behind `seq` in order, some at a time."""
        while events := self.after(seq, PAGE):
            yield events
            seq = events[-1].seq

    def head(self) -> Head:
        """Return where the log ends; Head(0, "") while there is none."""
        if not self._ready():
            return Head(0, "")
        with self._speaking(), self._connect() as con:
            row = con.execute(sa.select(HEAD.c.seq, HEAD.c.hash)).one()
        self._begun = row.seq > 0
        return Head(row.seq, row.hash)

    def items(self, queue: str) -> tuple[QueueItem, ...]:
        """Return the items of a queue in their order; raise LogDamaged where they are none."""
        if not self._ready():
            return ()
        asked = sa.select(ITEMS.c.body).where(ITEMS.c.queue == queue).order_by(ITEMS.c.place)
        with self._speaking(), self._connect() as con:
            bodies = con.execute(asked).scalars().all()
        try:
            return tuple(QueueItem(**json.loads(body)) for body in bodies)
        except (ValueError, TypeError) as error:
            raise LogDamaged("The items of a queue cannot be read.", "Run check.") from error

    def lost(self, head: Head) -> str:
        """Return what the head kept outside says against `head`, "" when nothing."""
        if not self.witness:
            return ""
        seen, other = self.witness.look(self.log_id, self._places)
        self.kept_outside |= seen is not None
        if other and not self.log_id and self._ready():  # made since, by another process
            return self.lost(self.head())
        if seen is None and other:
            return f"The log that stood at {shown(self.url)}, with {other.seq:,} events, is gone."
        if seen is None or seen.seq <= 0:
            return ""
        if seen.seq > head.seq:  # `head` was read first, and others may have written since
            head = self.head()
        if seen.seq > head.seq:
            gone = seen.seq - head.seq
            return f"The log ends at event {head.seq:,}; it had {seen.seq:,}: {gone:,} are gone."
        if seen.seq == head.seq and seen.hash != head.hash:
            return f"Event {head.seq:,} is another one than it was: the log was replaced or edited."
        return ""

    def check(self) -> list[str]:
        """Return a sentence for everything that does not hold; empty when all does."""
        if not self._ready():
            return [lost] if (lost := self.lost(Head(0, ""))) else []
        seen = self.witness.read(self.log_id) if self.witness else None
        head = self.head()
        found = [self.lost(head)]
        events = (event for page in self.pages() for event in page if event.seq <= head.seq)
        try:
            found += breaks(events, genesis(self.log_id), head, seen, self.items)
        except LogDamaged as error:
            found.append(error.message)
        return [sentence for sentence in found if sentence]

    def begin_from(self, log_id: str) -> None:
        """Make an empty log with a given identity, for a backup to go into.

        Raises:
            LogError: there is a log that holds events.
        """
        self._ready(make=True, log_id=log_id)
        with turn(self.url), self._speaking(), self._connect(writes=True) as con, con.begin():
            if con.execute(_LOCKED_HEAD).one().seq:
                raise LogError(*TAKEN)
            con.execute(META.update().where(META.c.name == "log_id").values(value=log_id))
            con.execute(HEAD.update().values(hash=genesis(log_id).hash))
        self._log_id, self._looked = log_id, True

    def restored(self, head: Head) -> None:
        """Tell the file outside that the log ends here now, which may be earlier than it did.

        Not before the events are in: a restore that does not end must not hide what is gone.
        """
        if self.witness:
            self.witness.set_back(self.log_id, head, self._places)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _ready(self, make: bool = False, log_id: str = "") -> bool:
        """Return whether there is a log, made or brought up to date where asked."""
        if self._begun:
            return True
        if not make and self._is_file and not file_of(self.url).is_file():
            self._follow()
            return False
        with self._speaking():
            with self._connect() as con:
                found = meta(con)
            if not found and not make:
                return False
            if found.get("schema_version") != str(LOG_VERSION):
                with self._connect(writes=True) as con, con.begin():
                    found = settle(con, log_id or secrets.token_hex(8))
        self._log_id = found["log_id"]
        return True

    @property
    def _is_file(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    def _connect(self, writes: bool = False) -> sa.Connection:
        if self._is_file and self._follow():
            self._ready()
        return self._engine.connect().execution_options(assay_writes=writes)

    def _follow(self) -> bool:
        """Let go of a file that another one took the place of, and return whether one did."""
        try:
            found = file_of(self.url).stat()
        except FileNotFoundError:
            self._miss()
            return False
        replaced = self._inode not in (None, (found.st_dev, found.st_ino))
        if replaced:
            self._engine.dispose()
            self._log_id, self._begun, self._looked = None, False, False
        self._inode = (found.st_dev, found.st_ino)
        return replaced

    def _miss(self) -> None:
        """Raise LogError where there was a file, so that none is made anew in its place."""
        file, gone = file_of(self.url), f"The votes' log at {shown(self.url)} is gone"
        if self._log_id is not None:
            raise LogError(f"{gone}.", "Restore it from a backup.") from None
        # The file is looked for again: another process may just have made both.
        if Path(f"{file}-wal").exists() and not file.exists():
            raise LogError(
                f"{gone}, but its -wal file is there and holds votes.",
                f"Put the file back beside it, or move all of {file.name}* away.",
            ) from None

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """Turn the database's errors into sentences; what was to be written is not saved."""
        try:
            yield
        except DBAPIError as error:
            raise LogError(
                f"The votes' log at {shown(self.url)} cannot be used: {_cause(error)}.",
                "Nothing was saved. Try again when it can be reached and written.",
            ) from error
        except SQLAlchemyError as error:
            raise LogError(f"The votes' log at {shown(self.url)} cannot be used.") from error

    def _unsure(self, error: DBAPIError) -> LogError:
        if getattr(error.orig, "sqlite_errorname", "") in ("SQLITE_FULL", "SQLITE_BUSY"):
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
    try:
        kind = sa.make_url(url).get_backend_name()
        if kind not in ("sqlite", "postgresql"):
            raise NoSuchModuleError(kind)
        return Log(url, Witness(witness) if witness else None, now or microseconds)
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError):
        raise UsageError(
            "The address of the votes' log is neither SQLite's nor PostgreSQL's.",
            "Write sqlite:////folder/votes.sqlite3 or postgresql+psycopg://user@host/database.",
        ) from None  # what went wrong may quote the address, and it holds a password


def _read(con: sa.Connection, seq: int, most: int | None = None) -> list[Event]:
    asked = _AFTER if most is None else _AFTER.limit(most)
    try:
        return [
            Event(**{**row, "body": json.loads(row["body"])})
            for row in con.execute(asked, {"behind": seq}).mappings()
        ]
    except ValueError as error:
        raise LogDamaged("An event of the votes' log cannot be read.", "Run check.") from error


def _check(person: str, pair_id: int | None) -> None:
    """Raise RelabelError for what not every database can hold."""
    if "\0" in person or any("\ud800" <= sign <= "\udfff" for sign in person):
        raise RelabelError(f"The name {person!r} holds signs that are no text.", "Change the name.")
    if pair_id is not None and not 0 <= pair_id < 1 << 63:
        raise RelabelError(f"There is no pair {pair_id}.")


def _row(event: Event) -> dict[str, object]:
    return {**event.__dict__, "body": canonical(event.body)}


def _cause(error: DBAPIError) -> str:
    return str(error.orig).splitlines()[0].strip().rstrip(".") if str(error.orig) else "no answer"
