"""What the commands of the votes' log share: its address, its desk, their verbs, their files."""

from __future__ import annotations

import os
from argparse import SUPPRESS, ArgumentParser
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa

from core.errors import LogDamaged, RelabelError, StoreError, UnknownName, UsageError
from core.formats.streams import codec_of
from core.relabel.desk import Desk
from core.relabel.log import Log, open_log
from core.relabel.queues import Queue
from core.relabel.tables import Tables
from core.schema import PairFilter
from core.settings import Settings
from core.store.files import place
from core.store.filters import asks_log
from core.store.instance import Store
from core.store.layout import read_generation

WHO = "command line"
"""Who the log says did what a command did."""


def log_argument(parser: ArgumentParser) -> None:
    """Add the option that names another log."""
    parser.add_argument(
        "--log",
        metavar="URL",
        help="address of the votes' log: sqlite:////FILE or postgresql+psycopg://USER@HOST/NAME "
        "(votes.sqlite3 in the store)",
    )


class _Verb(ArgumentParser):
    """Points to its own help, also of an option that only the command would be asked about."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Refuse what is unknown here: the command would point to its own help."""
        known, further = super().parse_known_args(args, namespace)
        if further:
            self.error(f"unrecognized arguments: {' '.join(further)}")
        return known, further

    def error(self, message: str) -> NoReturn:
        """Raise UsageError instead of printing usage and leaving."""
        raise UsageError(f"{message[0].upper()}{message[1:]}.", f"See {self.prog} --help.")


def verbs(
    parser: ArgumentParser, without_log: Collection[str] = ()
) -> Callable[[str, str], ArgumentParser]:
    """Give a command verbs of its own; the answer adds one, with what every command takes.

    without_log: those that ask no votes' log.
    """
    inner = parser.add_subparsers(dest="action", required=True, parser_class=_Verb)

    def add(name: str, says: str) -> ArgumentParser:
        made = inner.add_parser(
            name,
            help=says,
            description=f"{says[0].upper()}{says[1:]}.",
            allow_abbrev=False,
            formatter_class=parser.formatter_class,
        )
        made.add_argument("--store", default=SUPPRESS, help=SUPPRESS)
        for flag in ("--json", "--debug"):
            made.add_argument(flag, action="store_true", default=SUPPRESS, help=SUPPRESS)
        if name not in without_log:
            log_argument(made)
        return made

    return add


@contextmanager
def opened(settings: Settings) -> Iterator[Log]:
    """Open the votes' log that the settings name; raise StoreMissing where it has no place yet."""
    if not settings.log:
        read_generation(settings.store)
    log = open_log(settings.log_url, settings.log_head)
    try:
        yield log
    finally:
        log.close()


@contextmanager
def desk_of(settings: Settings) -> Iterator[Desk]:
    """Open the desk as of now; raise LogDamaged where the log is not what it was."""
    with opened(settings) as log:
        desk = Desk(log)
        desk.refresh(0.0)
        if desk.damage:
            raise LogDamaged(desk.damage, "python -m core check tells what is wrong.")
        yield desk


def tell_votes(store: Store, settings: Settings, filter: PairFilter) -> None:
    """Fill the store's tables of the log where a filter asks about votes."""
    if asks_log(filter):
        with desk_of(settings) as desk:
            Tables().fill(store, desk.ask, desk.state.seq)


def find_queue(desk: Desk, text: str, closed: bool = False) -> Queue:
    """Return the queue of an id or a name, an open one before closed ones, or after them.

    Raises:
        UnknownName: there is none.
        RelabelError: several have this name.
    """
    queues = desk.state.queues
    if text in queues:
        return queues[text]
    named = [queue for queue in queues.values() if queue.name == text]
    found = [queue for queue in named if queue.closed == closed] or named
    if not found:
        raise UnknownName("queue", text, (queue.name for queue in queues.values()))
    if len(found) > 1:
        ids = ", ".join(queue.id for queue in found)
        raise RelabelError(f"{len(found)} queues are named {text!r}.", f"Take an id: {ids}.")
    return found[0]


def write_lines(path: Path, lines: Iterable[str], force: bool) -> None:
    """Write lines to a new file, whole or not at all, compressed as its name says.

    Only its owner may read it: it holds what people said.
    """
    if path.exists() and not force:
        raise StoreError(f"{path} is there already; it is not replaced.", "Add --force, or rename.")
    if not path.absolute().parent.is_dir():
        raise StoreError(f"There is no folder {path.absolute().parent}.", "Make it first.")
    place(path, lambda temp: _write(temp, codec_of(path), lines))


def _write(temp: Path, codec: str | None, lines: Iterable[str]) -> None:
    handle = os.open(temp, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as file:
        sink = pa.CompressedOutputStream(pa.PythonFile(file, "w"), codec) if codec else file
        for line in lines:
            sink.write(f"{line}\n".encode())
        if codec:
            sink.close()
