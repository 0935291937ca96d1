"""Runs on disk: `runs/<run_id>/run.json` and Parquet parts, each written atomically.

A generation names the parts it serves, so a part that a killed writer left behind is never read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.errors import ScoreError
from core.schema import RunInfo, ScoreBatch
from core.store.files import place, write_json
from core.store.layout import RUNS

RUN_ID = re.compile(r"[a-z][a-z0-9_]{0,47}")
TEXT, TABLE = (str, type(None)), dict
KINDS: Mapping[str, type | tuple[type, ...]] = {
    "run_id": str,
    "scorer": str,
    "model": TEXT,
    "revision": TEXT,
    "dtype": TEXT,
    "chat_template_hash": TEXT,
    "device": TEXT,
    "parameters": TABLE,
    "versions": TABLE,
    "leaks_label": bool,
    "state": str,
    "responses": int,
}
"""What each value of `run.json` must be: it may come from another program."""

PART_COLUMNS = pa.schema(
    [
        ("response_id", pa.int64()),
        ("reward", pa.float64()),
        ("n_tokens", pa.int32()),
        ("truncated", pa.bool_()),
    ]
)


def check_run_id(run_id: str) -> str:
    """Return `run_id`; raise ScoreError when it cannot be part of a column name."""
    if not RUN_ID.fullmatch(run_id):
        raise ScoreError(
            f"{run_id!r} cannot name a run.",
            "Use lower case letters, digits and underscores, 48 at most, a letter first.",
        )
    return run_id


def read_run(folder: Path) -> RunInfo:
    """Return the run's provenance; unknown keys of a later version are left out."""
    try:
        data = json.loads((folder / "run.json").read_text("utf-8"))
        given = {f.name: data[f.name] for f in fields(RunInfo) if f.name in data}
        info = RunInfo(**given)
    except (OSError, ValueError, TypeError) as error:
        raise ScoreError(
            f"{folder} is not a run: its run.json cannot be read.",
            "A run is a folder with run.json and part-*.parquet.",
        ) from error
    for name, kinds in KINDS.items():
        if not isinstance(getattr(info, name), kinds):
            raise ScoreError(f"{name} in {folder / 'run.json'} is {getattr(info, name)!r}.")
    check_run_id(info.run_id)
    return info


def write_part(root: Path, run_id: str, rows: pa.Table) -> str:
    """Write the next part, sorted by response so that lookups skip most of it; return its name.

    Its number is beyond every part on disk: one that is there may be served by a generation.
    """
    folder = root / RUNS / check_run_id(run_id)
    folder.mkdir(parents=True, exist_ok=True)
    last = max((int(path.stem[5:]) for path in folder.glob("part-*.parquet")), default=-1)
    name = f"part-{last + 1:05d}.parquet"
    table = _checked(rows).sort_by("response_id")
    place(folder / name, lambda temp: pq.write_table(table, temp, row_group_size=65_536))
    return name


def write_info(root: Path, info: RunInfo) -> None:
    """Write `run.json`."""
    folder = root / RUNS / check_run_id(info.run_id)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "run.json", asdict(info))


def batches_table(batches: Iterable[ScoreBatch]) -> pa.Table:
    """Put a scorer's batches into one table; NaN and infinity become NULL."""
    tables = [_as_table(batch) for batch in batches]
    return pa.concat_tables(tables) if tables else PART_COLUMNS.empty_table()


def read_scores(root: Path, run_id: str, parts: Iterable[str]) -> pa.Table:
    """Return (response_id, reward) of a run; where parts overlap the later one counts."""
    rows: dict[str, list[np.ndarray]] = {"response_id": [], "reward": []}
    for part in parts:
        table = pq.read_table(root / RUNS / run_id / part, columns=list(rows), partitioning=None)
        for name, arrays in rows.items():
            arrays.append(table[name].to_numpy())
    if not rows["response_id"]:
        return PART_COLUMNS.empty_table().select(list(rows))
    ids, values = (np.concatenate(arrays)[::-1] for arrays in rows.values())
    ids, last = np.unique(ids, return_index=True)
    return pa.table({"response_id": ids, "reward": pa.array(values[last], from_pandas=True)})


def news(stored: pa.Table, found: pa.Table) -> pa.Table:
    """Return the rows of `found` that `stored` lacks or holds with another value."""
    ids, known = found["response_id"].to_numpy(), stored["response_id"].to_numpy()
    at = np.searchsorted(known, ids)
    there = (at < len(known)) & (np.take(known, at, mode="clip") == ids if len(known) else False)
    same = np.zeros(len(ids), dtype=np.bool_)
    old = stored["reward"].to_numpy()
    same[there] = old[at[there]] == found["reward"].to_numpy()[there]
    return found.filter(pa.array(~same))


def part_column(table: pa.Table, field: pa.Field) -> pa.ChunkedArray:
    """Return a column of a part in its type, all unknown where the table lacks it."""
    if field.name in table.column_names:
        return table[field.name].cast(field.type)
    return pa.chunked_array([pa.nulls(table.num_rows, field.type)])


def _checked(rows: pa.Table) -> pa.Table:
    table = pa.table({f.name: part_column(rows, f) for f in PART_COLUMNS})
    finite = pc.is_finite(table["reward"])
    reward = pc.if_else(finite, table["reward"], pa.scalar(None, pa.float64()))
    return table.set_column(1, "reward", reward)


def _as_table(batch: ScoreBatch) -> pa.Table:
    columns: Mapping[str, object] = {
        "response_id": batch.response_id,
        "reward": batch.reward,
        "n_tokens": batch.n_tokens,
        "truncated": batch.truncated,
    }
    arrays = {
        k: pa.array(v, PART_COLUMNS.field(k).type) for k, v in columns.items() if v is not None
    }
    return _checked(pa.table(arrays))
