"""The one way to open a store: in memory, a generation's files attached read only, then locked.

A cursor per call, so threads never share one. A new generation is a new `Store`; the old one
closes with its last reader.
"""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from core.errors import NewerSchema, StoreDamaged, StoreError
from core.schema import (
    SCHEMA_VERSION,
    EvidenceModel,
    EvidenceWeight,
    Floats,
    Labeller,
    NoiseEstimate,
    RunInfo,
    SignalColumn,
)
from core.store.filters import KEYS, LOGGED, Hits, Kind, Where, filter_columns, hits_of
from core.store.layout import APPLICATION, RUNS, Generation, read_generation
from core.store.live import read_parts, refill, views
from core.store.runs import read_run
from core.store.scan import scan
from core.store.search import TextIndex
from core.store.statements import FILTER, fill, literal, statement
from core.store.textquery import Scan, parse_search
from core.store.vectors import Asked, Nearest, nearest

Params = Mapping[str, object]
KEPT_SEARCHES = 16
"""A bit per row each: 20 MB at ten million rows."""
KEPT_NUMBERS = 12_000_000
"""Of columns that were read whole, 8 bytes each: a preview reads the same ones at every change."""
SIGNAL_TABLES = {
    "meta", "signals", "signal_info", "absent", "evidence_models", "labellers", "noise_estimates"
}  # fmt: skip


class Store:
    """One generation, open for reading."""

    def __init__(
        self,
        root: Path,
        generation: Generation,
        memory: str = "1GB",
        threads: int = 2,
        scan_seconds: float | None = None,
    ) -> None:
        self.root = root
        self.generation = generation
        self.scan_seconds = scan_seconds
        # Linked charts ask for the same rows; a scan that ran out of time stays the same for all.
        self._hits = lru_cache(maxsize=KEPT_SEARCHES)(self._find)
        self.con = _connect(root, memory, threads)
        _attach(self.con, root / generation.pairs, "data", generation.fingerprint)
        if generation.signals:
            _attach(self.con, root / generation.signals, "sig", generation.fingerprint)
            _check_layout(self.con, root / generation.signals)
        self.con.execute(statement("live_schema"))
        self.parts = read_parts(root, generation)
        for view in views(root, self.parts):
            self.con.execute(view)
        self.live_head = 0
        """Event of the votes' log up to which `live` tells, 0 where nothing was filled in."""
        self._filling = threading.Lock()
        self.con.execute("SET enable_external_access = false")
        self.con.execute("SET lock_configuration = true")

    @property
    def fingerprint(self) -> str:
        """Return what changes with every change of what is served."""
        return self.generation.key

    def query(
        self, name: str, params: Params | None = None, where: Where | None = None, **names: str
    ) -> pa.Table:
        """Run `sql/<name>.sql`; named values are bound, `names` are columns put in quoted."""
        return self._execute(name, params, where, names).to_arrow_table()

    def stream(
        self,
        name: str,
        params: Params | None = None,
        where: Where | None = None,
        rows: int = 20_000,
        **names: str,
    ) -> Iterator[pa.RecordBatch]:
        """Run a statement and yield its result in batches, so that memory stays bounded."""
        yield from self._execute(name, params, where, names).to_arrow_reader(rows)

    def fill(self, votes: pa.Table, verdicts: pa.Table, head: int) -> None:
        """Replace what `live` says of the votes, in one transaction; an older head is passed over.

        Whoever reads meanwhile sees all of it as it was before.
        """
        with self._filling:
            if head <= self.live_head:
                return
            refill(self.con, votes, verdicts)
            self.live_head = head

    def search(self, text: str) -> Hits:
        """Return the rows that match the text of the search box.

        Raise FilterError where it cannot be read, StoreError while no index is built.
        """
        return self._hits(text.strip())

    def nearest(self, asked: Asked, where: Where, seconds: float | None) -> Nearest:
        """Return the rows of `where` whose vectors are nearest to one, as far as time allows."""
        rows = sum(part.tally.rows for part in self.parts[asked.run_id])
        return nearest(self.con, asked, where, rows, seconds)

    def column(self, name: str) -> Floats:
        """Return a stored signal, indexed by row_id, read only; NaN is unknown."""
        return self._kept_columns(name)

    @cached_property
    def _kept_columns(self) -> Callable[[str], Floats]:
        return lru_cache(maxsize=max(1, KEPT_NUMBERS // max(1, self.total)))(self._column)

    def _column(self, name: str) -> Floats:
        table = self.query("export_column", column=name)
        values = np.asarray(table["value"].to_numpy(), dtype=np.float64)
        values.setflags(write=False)
        return values

    @cached_property
    def columns(self) -> Mapping[str, Kind]:
        """Return what a filter can name: column of the signals table → number, text or bool."""
        return filter_columns(self.signal_columns)

    @cached_property
    def keys(self) -> frozenset[str]:
        """Return the keys that are known of some row; a filter can name the others too."""
        return frozenset(key for key in KEYS if self.query("keys_filled", key=key).num_rows)

    @cached_property
    def signal_columns(self) -> tuple[SignalColumn, ...]:
        """Return the stored signals with their statistics."""
        rows = self.con.cursor().sql("SELECT * FROM sig.signal_info").to_arrow_table()
        return tuple(
            SignalColumn(**{**row, "params": json.loads(row["params"])}) for row in rows.to_pylist()
        )

    @cached_property
    def total(self) -> int:
        """Return the number of rows."""
        rows = self.con.cursor().execute("SELECT count(*) FROM data.pairs").fetchall()
        return int(rows[0][0])

    @cached_property
    def absent(self) -> Mapping[str, str]:
        """Return the signals that are not stored, each with the sentence that says why."""
        rows = self.con.cursor().execute("SELECT signal, note FROM sig.absent").fetchall()
        return dict(rows)

    @cached_property
    def evidence_models(self) -> Mapping[str, EvidenceModel]:
        """Return how the runs of each source became evidence."""
        rows = self.con.cursor().execute("SELECT source, model FROM sig.evidence_models").fetchall()
        try:
            return {source: _model(json.loads(text)) for source, text in rows}
        except TypeError as error:
            why = "The signals were made by an Assay that weighed runs in another way."
            raise StoreDamaged(why, "Rebuild them: python -m core signals.") from error

    @cached_property
    def labellers(self) -> tuple[Labeller, ...]:
        """Return the people who labelled or voted, with their reliability."""
        rows = self.con.cursor().sql("SELECT * FROM sig.labellers").to_arrow_table()
        return tuple(Labeller(**row) for row in rows.to_pylist())

    @cached_property
    def noise_estimates(self) -> tuple[NoiseEstimate, ...]:
        """Return how many labels of each slice are reversed, as each method tells."""
        rows = self.con.cursor().sql("SELECT * FROM sig.noise_estimates").to_arrow_table()
        return tuple(NoiseEstimate(**row) for row in rows.to_pylist())

    def run_columns(self, run_id: str) -> frozenset[str]:
        """Return the columns that a run's parts have."""
        return frozenset(c for part in self.parts[run_id] for c in part.columns)

    @cached_property
    def runs(self) -> tuple[RunInfo, ...]:
        """Return the runs of the generation, by name."""
        return tuple(read_run(self.root / RUNS / run) for run in sorted(self.generation.runs))

    def close(self) -> None:
        """Close the databases."""
        self.con.close()

    def _find(self, text: str) -> Hits:
        asked = parse_search(text)
        if isinstance(asked, Scan):
            return scan(self.con, asked, self.total, self.scan_seconds)
        if self._index is None:
            raise StoreError(
                "Search is being built.",
                "It follows an import by itself; python -m core index builds it now. "
                "Searches that begin with exact: or re: work without it.",
            )
        return hits_of(self._index.matches(asked, text))

    @cached_property
    def _index(self) -> TextIndex | None:
        name = self.generation.search
        return TextIndex(self.root / name) if name and (self.root / name).is_dir() else None

    def _execute(
        self, name: str, params: Params | None, where: Where | None, names: Mapping[str, str]
    ) -> duckdb.DuckDBPyRelation:
        known = [name for name in self.columns if name not in LOGGED] if names else ()
        sql = fill(name, where.sql if where else None, names, known)
        filtered = where is not None and FILTER in statement(name)
        extra: Params = where.params if where and filtered else {}
        return self.con.cursor().sql(sql, params={**(params or {}), **extra})


def _model(fields: dict[str, Any]) -> EvidenceModel:
    weights = tuple(EvidenceWeight(**item) for item in fields.pop("weights"))
    moments = tuple(tuple(row) for row in fields.pop("moments"))
    return EvidenceModel(**fields, weights=weights, moments=moments)


def open_store(
    root: Path, memory: str = "1GB", threads: int = 2, scan_seconds: float | None = None
) -> Store:
    """Open the current generation; raise a StoreError's kind with a sentence when there is none."""
    return Store(root, read_generation(root), memory, threads, scan_seconds)


def _connect(root: Path, memory: str, threads: int) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": memory,
            "threads": threads,
            "temp_directory": str(Path(tempfile.gettempdir()) / "assay-spill"),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "python_enable_replacements": "false",
        },
    )
    con.execute(f"SET allowed_directories = [{literal(root.resolve())}]")
    return con


def _attach(con: duckdb.DuckDBPyConnection, path: Path, name: str, fingerprint: str) -> None:
    if not path.is_file():
        raise StoreDamaged(
            f"{path} is missing.", "Restore it from a copy, or import again into a new --store."
        )
    try:
        con.execute(f"ATTACH {literal(path)} AS {name} (READ_ONLY)")
        rows = con.execute(f"SELECT * FROM {name}.meta").fetchall()  # noqa: S608
    except duckdb.Error as error:
        raise StoreDamaged(
            f"{path} cannot be read: {str(error).splitlines()[0]}",
            "Restore it from a copy, or import again into a new --store.",
        ) from error
    application, version, content = rows[0] if rows else ("", 0, "")
    if application != APPLICATION or content != fingerprint:
        raise StoreDamaged(f"{path} does not hold what current.json says.", "Restore a copy.")
    if version > SCHEMA_VERSION:
        raise NewerSchema(f"{path} was written by a later Assay.", "Update Assay.")


def _check_layout(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    found = con.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = 'sig'"
    ).fetchall()
    keys = {column for table, column in found if table == "signals"}
    if {table for table, _ in found} != SIGNAL_TABLES or not keys.issuperset(KEYS):
        raise StoreDamaged(f"{path} has another layout.", "Rebuild it: python -m core signals.")
