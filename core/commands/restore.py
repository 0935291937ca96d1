"""`restore`: put a backup of the votes' log into an empty one, hash by hash."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from core.commands.backup import FORMAT, VERSION
from core.commands.command import Command, Outcome
from core.commands.relabelling import log_argument, opened
from core.errors import LogDamaged, LogError, NewerSchema, SourceError, UsageError
from core.formats.streams import read_lines
from core.relabel.chain import Event, breaks, genesis
from core.relabel.log import TAKEN, Log
from core.schema.relabel import Head, QueueItem
from core.settings import Settings


class Copy:
    """A backup that was read once and is whole; it is never in memory at once.

    Raises:
        SourceError: it is none, or a line cannot be read.
        LogDamaged: it is cut short, or its chain or a queue's items do not hold.
        NewerSchema: it was written by a later Assay.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.log_id, self.head = _first(path)
        self._items: list[QueueItem] = []
        found = breaks(self.events(), genesis(self.log_id), self.head, None, self.items)
        if (first := next(found, None)) is not None:
            raise LogDamaged(f"{path} is not whole: {first}", "Nothing was restored.")

    def events(self) -> Iterator[Event]:
        """Yield the events in order; `items` are those of the last one."""
        held: Event | None = None
        items: list[QueueItem] = []
        for line, row in islice(_rows(self.path), 1, None):
            try:
                if "item" in row:
                    items.append(QueueItem(**row["item"]))
                    continue
                following = Event(**row["event"])
            except (KeyError, TypeError) as error:
                raise _strange(self.path, line) from error
            if held is not None:
                self._items = items
                yield held
            held, items = following, []
        if held is not None:
            self._items = items
            yield held

    def items(self, queue: str) -> tuple[QueueItem, ...]:
        """Return the items of the queue that the last event made."""
        return tuple(self._items)


def put(log: Log, copy: Copy) -> None:
    """Write a backup into an empty log, all of it or nothing; raise LogError where it is not."""
    log.begin_from(copy.log_id)
    with log.writing() as tx:
        if tx.head.seq:
            raise LogError(*TAKEN)
        for event in copy.events():
            tx.put_back(event)
            if event.kind == "queue":
                queue = event.body["queue"]
                tx.add_items(queue, copy.items(queue))
        if tx.head != copy.head:
            raise LogDamaged(f"{copy.path} was changed meanwhile.", "Nothing was restored.")
    log.restored(copy.head)


def _first(path: Path) -> tuple[str, Head]:
    """Return what the first line says: the log's id and its head."""
    if not path.is_file():
        raise UsageError(f"There is no file {str(path)!r}.", "restore takes what backup wrote.")
    try:
        said = next((row for _, row in _rows(path)), {})
    except SourceError:
        said = {}
    if said.get("backup") != FORMAT:
        raise SourceError(f"{path} is no backup of a votes' log.", "backup FILE writes one.")
    try:
        if int(said["version"]) > VERSION:
            raise NewerSchema(f"{path} was written by a later Assay.", "Update Assay.")
        return str(said["log_id"]), Head(int(said["seq"]), str(said["hash"]))
    except (KeyError, TypeError, ValueError) as error:
        raise _strange(path, 1) from error


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield every line's number and object.

    A log may hold what no table can, half a surrogate pair or a NUL, so the rows' reader is not
    used: all must come back as it was, or the hashes would not hold.
    """
    for line in read_lines(path):
        try:
            row = json.loads(line.data)
        except (ValueError, RecursionError) as error:
            raise _strange(path, line.number) from error
        if line.too_long or not isinstance(row, dict):
            raise _strange(path, line.number)
        yield line.number, row


def _strange(path: Path, line: int) -> SourceError:
    return SourceError(f"Line {line:,} of {path} is none of a backup.", "Nothing was restored.")


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="what backup wrote")
    log_argument(parser)


def _run(args: Namespace, settings: Settings) -> Outcome:
    copy = Copy(args.file)
    with opened(settings) as log:
        seen = log.witness.read(copy.log_id) if log.witness else None
        put(log, copy)
    head, lost = copy.head, max(0, (seen.seq if seen else 0) - copy.head.seq)
    lines = [f"{head.seq:,} events are back; the last one is {head.hash[:16]}."]
    if lost:
        lines.append(f"{lost:,} events that came after this copy are not in it.")
    return Outcome({"events": head.seq, "hash": head.hash, "lost": lost}, tuple(lines))


COMMAND = Command("restore", "put a copy of the votes' log back", _arguments, _run)
