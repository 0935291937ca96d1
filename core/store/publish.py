"""Write a generation's signals and make it current."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa

from core.schema import SCHEMA_VERSION, SignalColumn
from core.store.files import BUILD_PREFIX, move, remove
from core.store.layout import APPLICATION, Generation, swap
from core.store.statements import statement


def publish(
    root: Path,
    draft: Generation,
    rows: pa.Table,
    columns: tuple[SignalColumn, ...],
    absent: Mapping[str, str],
) -> Generation:
    """Write `rows` (keys and signals, one row per row_id) and swap to the new generation."""
    name = f"signals-{_name(draft, columns)}.duckdb"
    temp = root / f"{BUILD_PREFIX}{os.getpid()}-signals.duckdb"
    remove(temp)
    try:
        _write(temp, draft, rows, columns, absent)
        move(temp, root / name)
    finally:
        remove(temp)
    new = replace(draft, signals=name)
    swap(root, new)
    return new


def _write(
    path: Path,
    draft: Generation,
    rows: pa.Table,
    columns: tuple[SignalColumn, ...],
    absent: Mapping[str, str],
) -> None:
    infos = [
        (c.name, c.signal, c.run_id, json.dumps(dict(c.params)), c.n, c.mean, c.std, c.note)
        for c in columns
    ]
    with duckdb.connect(str(path)) as con:
        con.execute(statement("signals_schema"))
        con.execute(
            "INSERT INTO meta VALUES (?, ?, ?)", [APPLICATION, SCHEMA_VERSION, draft.fingerprint]
        )
        con.register("rows", rows)
        con.execute("CREATE TABLE signals AS SELECT * FROM rows ORDER BY row_id")
        for info in infos:
            con.execute("INSERT INTO signal_info VALUES (?, ?, ?, ?, ?, ?, ?, ?)", list(info))
        for entry in absent.items():
            con.execute("INSERT INTO absent VALUES (?, ?)", list(entry))


def _name(draft: Generation, columns: tuple[SignalColumn, ...]) -> str:
    """Return 16 digits over what the signals are made from and what came out."""
    content = [
        draft.fingerprint,
        sorted((k, list(v)) for k, v in draft.runs.items()),
        repr(columns),
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]
