"""Take over a run that was made elsewhere: everything is checked before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.errors import ScoreError
from core.schema import Ints, RunInfo, id_number
from core.store.columns import IDS, KEYS, VECTORS, failures, is_value, storable
from core.store.layout import RUNS
from core.store.parts import GIVEN, ROWS, Part, Tally, read_part, write_part
from core.store.runs import read_run

NEEDS = "Parts are Parquet files with response_id (or pair_id) and a value column such as reward."
PIECE_BYTES = 64 << 20
"""What is held of a run while it is copied: embeddings of a large one do not fit into memory."""


@dataclass(frozen=True)
class Found:
    """A run that may come in."""

    folder: Path
    info: RunInfo
    key: str
    here: int
    """How many of its responses (or pairs) are in the store."""
    finite: int
    """How many of them have a number."""


def check_run(folder: Path, known: Callable[[str], Ints]) -> Found:
    """Read a run's folder; `known(key)` are the store's ids.

    Raise ScoreError when it names a response twice, or none of the store's, or has no number.
    """
    info, key = read_run(folder), _key(folder)
    ids, finite = [], 0
    for rows in _pieces(folder, key):
        ids.append(rows[key].to_numpy())
        finite += rows.num_rows - failures(rows)
    every = np.concatenate(ids) if ids else np.empty(0, np.int64)
    here = int(np.isin(every, known(key)).sum())
    _check(folder, every, key.removesuffix("_id"), here, finite)
    kept = {k: v for k, v in info.parameters.items() if k != GIVEN}
    info = replace(info, state="done", responses=len(every), parameters=kept)
    return Found(folder, info, key, here, finite)


def copy_parts(root: Path, found: Found) -> tuple[Part, ...]:
    """Write a run's rows as parts of the store; return them."""
    run, names = found.info.run_id, []
    waiting: list[pa.Table] = []
    for rows in _pieces(found.folder, found.key):
        waiting.append(rows)
        if sum(table.nbytes for table in waiting) > PIECE_BYTES:
            names.append(write_part(root, run, _joined(waiting), found.info))
            waiting = []
    if waiting:
        names.append(write_part(root, run, _joined(waiting), found.info))
    return tuple(read_part(root / RUNS / run, name) for name in names)


def counted(info: RunInfo, tally: Tally) -> RunInfo:
    """Return `run.json` with the counts that it lacks."""
    own = {name: getattr(info, name) for name in ("truncated", "failed", "tokens")}
    return replace(
        info, **{k: getattr(tally, k) if value is None else value for k, value in own.items()}
    )


def _joined(tables: Sequence[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables, promote_options="permissive")


def _check(folder: Path, ids: Ints, what: str, here: int, finite: int) -> None:
    if len(np.unique(ids)) != len(ids):
        raise ScoreError(f"{folder} names a {what} more than once.", f"One row per {what}.")
    if not here:
        raise ScoreError(
            f"None of the {len(ids):,} {what}s of {folder} is in this store.",
            "signals --out FILE.parquet writes pair_id, chosen_id and rejected_id, the ids here.",
        )
    if not finite:
        raise ScoreError(f"None of the {len(ids):,} rows of {folder} holds a finite number.")


def _key(folder: Path) -> str:
    """Return the key that all parts have."""
    files = _files(folder)
    if not files:
        raise ScoreError(f"{folder} holds no part-*.parquet.", NEEDS)
    keys = set()
    for path in files:
        with _readable(path) as file:
            names = file.schema_arrow.names
        found = [key for key in KEYS if key in names]
        if not found:
            raise ScoreError(f"{path} has no column response_id (or pair_id).", NEEDS)
        if not any(is_value(name) for name in names):
            raise ScoreError(f"{path} has no value column, such as reward.", NEEDS)
        keys.add(found[0])
    if len(keys) > 1:
        raise ScoreError(f"{folder} holds parts of responses and parts of pairs.", NEEDS)
    return keys.pop()


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("part-*.parquet"))


def _readable(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (OSError, pa.ArrowException) as error:
        raise ScoreError(f"{path} is not a part of a run: {error}.", NEEDS) from error


def _pieces(folder: Path, key: str) -> Iterator[pa.Table]:
    """Yield the rows of all parts in pieces, in the types of the store."""
    for path in _files(folder):
        with _readable(path) as file:
            try:
                for batch in file.iter_batches(ROWS):
                    yield storable(_typed(path, pa.table(batch), key))
            except (OSError, pa.ArrowException) as error:
                raise ScoreError(f"{path} is not a part of a run: {error}.", NEEDS) from error


def _typed(path: Path, rows: pa.Table, key: str) -> pa.Table:
    """Make ids numbers, and lists of one length lists of that size."""
    for at, name in enumerate(rows.column_names):
        if name in IDS:
            rows = rows.set_column(at, name, _ids(path, rows[name]))
        elif name in VECTORS:
            rows = rows.set_column(at, name, _fixed(rows[name]))
    if rows[key].null_count:
        raise ScoreError(f"{path} has rows without {key}.", NEEDS)
    return rows


def _ids(path: Path, column: pa.ChunkedArray) -> pa.Array:
    """Return ids as integers; outside the store they are 16 hexadecimal digits."""
    if pa.types.is_integer(column.type):
        return column.combine_chunks().cast(pa.int64())
    texts = column.to_pylist()
    numbers = [None if text is None else id_number(str(text)) for text in texts]
    if any(n is None and t is not None for n, t in zip(numbers, texts, strict=True)):
        raise ScoreError(f"{path} has ids that are not 16 hexadecimal digits.", NEEDS)
    return pa.array(numbers, pa.int64())


def _fixed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_list(column.type):
        return column
    width = pc.max(pc.list_value_length(column)).as_py() or 1
    return column.cast(pa.list_(pa.float32(), width))
