"""`check`: look whether every file of the store opens and the votes' log is what it was."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from core.commands.command import Command, Outcome
from core.commands.relabelling import log_argument, opened
from core.errors import AssayError, UsageError
from core.relabel.address import shown
from core.schema import PairFilter
from core.settings import Settings
from core.store.instance import Store, open_store
from core.store.layout import RUNS, Generation
from core.views.browse import count

_ANY_WORD = "a"
"""A search that makes the index be read."""


def _run(args: Namespace, settings: Settings) -> Outcome:
    files, in_store = _store(settings)
    events, in_log = _log(settings, args.log is not None)
    found = [*in_store, *in_log]
    data = {"ok": not found, "findings": found, "files": files, "events": events}
    end = f"{files:,} files of the store and {events:,} events of the votes' log were looked at"
    lines = (*found, f"{end}; {'all is well' if not found else 'see above'}.")
    return Outcome(data, lines, code=1 if found else 0)


def _store(settings: Settings) -> tuple[int, list[str]]:
    """Return how many files the current generation names, and what is wrong with them."""
    try:
        with closing(open_store(settings.store, settings.memory, settings.threads)) as store:
            return _files(store.generation), list(_in_store(store))
    except AssayError as error:
        return 0, [str(error)]


def _files(generation: Generation) -> int:
    parts = sum(1 + len(parts) for parts in generation.runs.values())  # and the run's run.json
    return 2 + (generation.search is not None) + parts


def _in_store(store: Store) -> Iterator[str]:
    rows = count(store, PairFilter()).matching
    if rows != store.total:
        yield f"The signals have {rows:,} rows, the pairs {store.total:,}: rebuild the signals."
    for run, parts in store.generation.runs.items():
        for part in parts:
            path = store.root / RUNS / run / part
            try:
                _read(path)
            except (OSError, pa.ArrowException) as error:
                yield f"{path} cannot be read: {str(error).splitlines()[0][:200]}"
    try:
        _ = store.runs
        if store.generation.search:
            store.search(_ANY_WORD)
    except AssayError as error:
        yield str(error)
    except (OSError, ValueError) as error:  # what the index's engine says of damage
        yield f"The search index cannot be read: {error}. python -m core index builds it anew."


def _read(path: Path) -> None:
    """Read a part whole, a little at a time."""
    with pq.ParquetFile(path) as part:
        for _ in part.iter_batches():
            pass


def _log(settings: Settings, named: bool) -> tuple[int, list[str]]:
    """Return how many events the log has, and what is wrong with it; one asked for must be there.

    Raises:
        UsageError: its address is none.
    """
    try:
        with opened(settings) as log:
            seq, found = log.head().seq, log.check()
            if named and not found and not log.log_id:
                found = [f"There is no votes' log at {shown(log.url)}."]
            return seq, found
    except UsageError:
        raise
    except AssayError as error:
        return 0, [str(error)]


def _arguments(parser: ArgumentParser) -> None:
    log_argument(parser)


COMMAND = Command("check", "look whether the store and the votes' log are whole", _arguments, _run)
