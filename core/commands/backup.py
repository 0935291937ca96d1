"""`backup`: the whole votes' log as JSON Lines, with its hashes.

The first line names the log, its length and its last hash; then every event, and behind the event
that makes a queue its items. What is written can be put into SQLite and PostgreSQL alike.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from core.commands.command import Command, Outcome
from core.commands.relabelling import log_argument, opened, write_lines
from core.errors import LogDamaged, LogError
from core.relabel.chain import canonical
from core.relabel.log import Log
from core.schema.relabel import Head
from core.settings import Settings

FORMAT = "assay votes' log"
VERSION = 1
"""Of the lines of a backup, and of what its events hold."""


def lines_of(log: Log, head: Head) -> Iterator[str]:
    """Yield the lines of a backup of all events up to `head`."""
    first = {"backup": FORMAT, "version": VERSION, "log_id": log.log_id, **asdict(head)}
    yield canonical(first)
    for page in log.pages():
        for event in page:
            if event.seq > head.seq:  # written meanwhile
                return
            yield canonical({"event": asdict(event)})
            if event.kind == "queue":
                for item in log.items(event.body["queue"]):
                    yield canonical({"item": asdict(item)})


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="JSON Lines, also .gz or .zst")
    parser.add_argument("--force", action="store_true", help="replace the file")
    log_argument(parser)


def _run(args: Namespace, settings: Settings) -> Outcome:
    with opened(settings) as log:
        head = log.head()
        if not head.seq:
            raise LogError("There is no votes' log to back up yet.", "Nothing was written.")
        found = log.check()
        if found and args.file.exists():
            raise LogDamaged(
                f"The votes' log is damaged, so the copy in {args.file} is not replaced.",
                "Write to another file; python -m core check tells what is wrong.",
            )
        write_lines(args.file, lines_of(log, head), args.force)
    data = {"events": head.seq, "hash": head.hash, "file": str(args.file), "findings": found}
    lines = [f"{head.seq:,} events are in {args.file}; the last one is {head.hash[:16]}."]
    if found:
        lines += [*found, "The copy holds the log as it is; restore may refuse it."]
    return Outcome(data, tuple(lines), code=1 if found else 0)


COMMAND = Command("backup", "copy the votes' log to a file", _arguments, _run)
