"""Write a generation's signals and make it current."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass, replace
from pathlib import Path

import duckdb
import pyarrow as pa

from core.schema import SCHEMA_VERSION, EvidenceModel, Labeller, NoiseEstimate, SignalColumn
from core.store.files import BUILD_PREFIX, move, remove
from core.store.layout import APPLICATION, Generation, swap
from core.store.statements import statement


@dataclass(frozen=True)
class SignalsFile:
    """What `signals-<digits>.duckdb` holds."""

    rows: pa.Table
    """Keys and signals, one row per row_id, in its order."""
    columns: tuple[SignalColumn, ...]
    absent: Mapping[str, str]
    """Signal → why it is not there."""
    models: tuple[EvidenceModel, ...]
    """Per source: how its runs became evidence."""
    labellers: tuple[Labeller, ...]
    noise: tuple[NoiseEstimate, ...]


def publish(root: Path, draft: Generation, content: SignalsFile) -> Generation:
    """Write the signals of a draft beside the current ones and swap to the new generation."""
    name = f"signals-{_name(draft, content.columns)}.duckdb"
    temp = root / f"{BUILD_PREFIX}{os.getpid()}-signals.duckdb"
    remove(temp)
    try:
        _write(temp, draft.fingerprint, content)
        move(temp, root / name)
    finally:
        remove(temp)
    new = replace(draft, signals=name)
    swap(root, new)
    return new


def _write(path: Path, fingerprint: str, content: SignalsFile) -> None:
    with duckdb.connect(str(path)) as con:
        con.execute(statement("signals_schema"))
        con.execute("INSERT INTO meta VALUES (?, ?, ?)", [APPLICATION, SCHEMA_VERSION, fingerprint])
        con.register("rows", content.rows)
        # In the order they come: sorting ten million rows once more takes 3 GB beside them.
        con.execute("CREATE TABLE signals AS SELECT * FROM rows")
        for c in content.columns:
            info = [c.name, c.signal, c.run_id, json.dumps(dict(c.params)), c.n, c.mean, c.std]
            con.execute("INSERT INTO signal_info VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [*info, c.note])
        for entry in content.absent.items():
            con.execute("INSERT INTO absent VALUES (?, ?)", list(entry))
        for model in content.models:
            row = [model.source, json.dumps(asdict(model))]
            con.execute("INSERT INTO evidence_models VALUES (?, ?)", row)
        for who in content.labellers:
            con.execute("INSERT INTO labellers VALUES (?, ?, ?, ?, ?, ?)", list(astuple(who)))
        for told in content.noise:
            values = list(astuple(told))
            con.execute("INSERT INTO noise_estimates VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)


def _name(draft: Generation, columns: tuple[SignalColumn, ...]) -> str:
    """Return 16 digits over what the signals are made from and what came out."""
    content = [
        draft.fingerprint,
        sorted((k, list(v)) for k, v in draft.runs.items()),
        repr(columns),
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]
