"""Many parts into one, in DuckDB: sorted on disk, so that memory does not grow with embeddings."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import StoreError
from core.schema import RunInfo
from core.store.columns import key_of
from core.store.files import BUILD_PREFIX, place, remove
from core.store.layout import RUNS
from core.store.parts import META, ROWS, Part, Tally, metadata, next_number, part_name, read_part
from core.store.statements import literal, quoted

MOST_PARTS = 8
"""Of a finished run; each costs a reader a file to open."""


def merge_parts(
    root: Path, info: RunInfo, parts: Sequence[Part], memory: str, threads: int
) -> Part:
    """Write one part with the rows of all; the old ones stay until nothing names them.

    Where parts overlap the later one counts.
    """
    folder = root / RUNS / info.run_id
    schema = pa.unify_schemas([pq.read_schema(folder / part.name) for part in parts])
    meta = metadata(info, Tally.joined(p.tally for p in parts), [p.name for p in parts])
    key = key_of(schema.names)
    latest = f"row_number() OVER (PARTITION BY {key} ORDER BY filename DESC) = 1"
    select = (
        f"SELECT * EXCLUDE (filename) FROM {_files(folder, parts)} "  # noqa: S608
        f"{'' if _apart(folder, parts, key) else f'QUALIFY {latest} '}ORDER BY {key}"
    )
    name = part_name(next_number(folder))
    copy_sorted(folder / name, select, schema, meta, memory, threads)
    return read_part(folder, name)


def copy_sorted(
    path: Path, select: str, schema: pa.Schema, meta: str, memory: str, threads: int
) -> None:
    """Write what a statement yields as a part of that schema; raise StoreError when it cannot."""
    keys = {META.decode(): meta, "ARROW:schema": _encoded(schema)}
    said = ", ".join(f"{quoted(key)}: {literal(value)}" for key, value in keys.items())
    spill = path.with_name(f"{BUILD_PREFIX}{os.getpid()}-spill")

    def write(temp: Path) -> None:
        with duckdb.connect(":memory:", config=_config(spill, memory, threads)) as con:
            options = f"FORMAT parquet, ROW_GROUP_SIZE {ROWS}, KV_METADATA {{{said}}}"
            con.execute(f"COPY ({select}) TO {literal(temp)} ({options})")

    try:
        place(path, write)
    except duckdb.Error as error:
        raise StoreError(
            f"{path} cannot be written: {str(error).splitlines()[0]}",
            "Nothing was changed; check free space and permissions.",
        ) from error
    finally:
        remove(spill)


def _apart(folder: Path, parts: Sequence[Part], key: str) -> bool:
    """Return whether no key stands in two parts."""
    with duckdb.connect(":memory:") as con:
        sql = f"SELECT count(*) = count(DISTINCT {key}) FROM {_files(folder, parts)}"  # noqa: S608
        return bool(con.execute(sql).fetchall()[0][0])


def _files(folder: Path, parts: Sequence[Part]) -> str:
    files = ", ".join(literal((folder / part.name).resolve()) for part in parts)
    how = "union_by_name = true, filename = true, hive_partitioning = false"
    return f"read_parquet([{files}], {how})"


def _config(
    spill: Path, memory: str, threads: int
) -> dict[str, str | bool | int | float | list[str]]:
    return {"memory_limit": memory, "threads": threads, "temp_directory": str(spill)}


def _encoded(schema: pa.Schema) -> str:
    """Return how Arrow's own writer notes a schema; without it fixed sizes would be lost."""
    return base64.b64encode(schema.remove_metadata().serialize().to_pybytes()).decode("ascii")
