"""`signals`: rebuild the signals from the runs, and write them to a file on request."""

from __future__ import annotations

from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from core.commands.command import Command, Outcome
from core.commands.generation import advance
from core.errors import UsageError
from core.settings import Settings
from core.store.files import place
from core.store.inputs import run_values
from core.store.instance import Store, open_store
from core.store.layout import read_generation
from core.store.lock import writing


def rebuild_signals(settings: Settings, votes: bool | None = None) -> None:
    """Compute all signals anew from the current pairs, runs and votes."""
    with writing(settings.store, "signals"):
        advance(settings, read_generation(settings.store), votes)


def signals_table(store: Store) -> pa.Table:
    """Return keys, every stored signal and each run's values of both sides, a row per row_id."""
    table = store.query("signals_rows")
    for run in store.runs:
        values = run_values(store, run.run_id)
        for name in values.column_names:
            table = table.append_column(f"{run.run_id}.{name}", values[name])
    return table


def _write(path: Path, table: pa.Table) -> None:
    if path.suffix != ".parquet" or path.is_dir():
        raise UsageError(f"{str(path)!r} is not a Parquet file's name.", "Use --out FILE.parquet.")
    place(path, lambda temp: pq.write_table(table, temp))


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, metavar="FILE.parquet", help="write them to a file too")
    parser.add_argument(
        "--votes-as-gold",
        action=BooleanOptionalAction,
        help="whether verdicts of Relabel calibrate suspicion; for good, set it in assay.toml",
    )


def _run(args: Namespace, settings: Settings) -> Outcome:
    rebuild_signals(settings, args.votes_as_gold)
    store = open_store(settings.store, settings.memory, settings.threads)
    try:
        if args.out:
            _write(args.out, signals_table(store))
        names = [column.name for column in store.signal_columns]
        lines = [f"{len(names)} signals for {store.total:,} rows: {', '.join(names)}."]
        lines += [f"Absent: {name}. {why}" for name, why in store.absent.items()]
        return Outcome({"pairs": store.total, "signals": names}, tuple(lines))
    finally:
        store.close()


COMMAND = Command("signals", "rebuild the signals, or write them to a file", _arguments, _run)
