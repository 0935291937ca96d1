"""Take over a run that was made elsewhere: everything is checked before anything is written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.errors import ScoreError
from core.schema import Ints, RunInfo, id_number
from core.store.runs import PART_COLUMNS, part_column, read_run, write_info, write_part

NEEDS = "Parts are Parquet files with at least response_id and reward."


@dataclass(frozen=True)
class Adopted:
    """A run that was taken over."""

    info: RunInfo
    parts: tuple[str, ...]
    here: int
    """How many of its responses are in the store."""
    finite: int
    """How many of its rewards are numbers."""


def adopt(root: Path, folder: Path, known: Ints) -> Adopted:
    """Copy a run into the store as one part; `known` are the store's response ids, sorted.

    Raise ScoreError when it names a response twice, or none of the store's, or has no number.
    """
    info = read_run(folder)
    found = sorted(folder.glob("part-*.parquet"))
    if not found:
        raise ScoreError(f"{folder} holds no part-*.parquet.", NEEDS)
    rows = pa.concat_tables([_read_part(path) for path in found])
    ids = rows["response_id"].to_numpy()
    finite = int(pc.sum(pc.is_finite(rows["reward"])).as_py() or 0)
    here = int(np.isin(ids, known).sum())
    _check(folder, ids, here, finite)
    info = replace(info, state="done", responses=rows.num_rows)
    part = write_part(root, info.run_id, rows)
    write_info(root, info)
    return Adopted(info, (part,), here, finite)


def _check(folder: Path, ids: Ints, here: int, finite: int) -> None:
    if len(np.unique(ids)) != len(ids):
        raise ScoreError(f"{folder} names a response more than once.", "One reward per response.")
    if not here:
        raise ScoreError(
            f"None of the {len(ids):,} responses of {folder} is in this store.",
            "signals --out FILE.parquet writes chosen_id and rejected_id, the ids of responses.",
        )
    if not finite:
        raise ScoreError(f"None of the {len(ids):,} rewards of {folder} is a finite number.")


def _read_part(path: Path) -> pa.Table:
    try:
        table = pq.read_table(path, partitioning=None)
        missing = {"response_id", "reward"} - set(table.column_names)
        if missing:
            raise ScoreError(f"{path} has no column {sorted(missing)[0]}.", NEEDS)
        ids = _ids(path, table["response_id"])
        rest = table.drop_columns("response_id")
        columns = {f.name: part_column(rest, f) for f in PART_COLUMNS}
        return pa.table({**columns, "response_id": ids}, schema=PART_COLUMNS)
    except (OSError, pa.ArrowException) as error:
        raise ScoreError(f"{path} is not a part of a run: {error}.", NEEDS) from error


def _ids(path: Path, column: pa.ChunkedArray) -> pa.Array:
    """Return ids as integers; outside the store they are 16 hexadecimal digits."""
    if pa.types.is_integer(column.type):
        return column.combine_chunks().cast(pa.int64())
    numbers = [id_number(str(text)) for text in column.to_pylist()]
    if None in numbers:
        raise ScoreError(f"{path} has ids that are not 16 hexadecimal digits.", NEEDS)
    return pa.array(numbers, pa.int64())
