"""Build the next `pairs-<fp>.duckdb` beside the current one, a batch at a time.

Text is written once: a batch is hashed, contents that are already there are left out by id, and
only narrow rows wait in temporary `staged_*` tables until the whole import is known.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path, PurePath
from types import TracebackType

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.errors import StoreDamaged, StoreError
from core.schema import SCHEMA_VERSION, Ints, PairBatch, SourceInfo
from core.store.files import BUILD_PREFIX, move, remove
from core.store.layout import APPLICATION
from core.store.statements import literal, statement

CHECKPOINT_BYTES = 400 << 20
"""Text held before it is compressed into the file: more rewrites less, less holds less memory."""

PIECE_ROWS = 2_048

Columns = dict[str, pa.ChunkedArray]


class PairsBuilder:
    """A pairs file in the making; `with` removes it unless it was finished."""

    def __init__(self, root: Path, old: str | None, memory: str, threads: int) -> None:
        self.root = root
        self.path = root / f"{BUILD_PREFIX}{os.getpid()}-pairs.duckdb"
        self.con = _open(self.path, root / old if old else None, memory, threads)
        self.first_row_id = self._int("SELECT coalesce(max(row_id) + 1, 0) FROM pairs")
        self.staged = 0
        self.unsaved = 0

    def __enter__(self) -> PairsBuilder:
        """Return self."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close, and remove what was not moved to its place."""
        self.con.close()
        for path in self.root.glob(f"{self.path.name}*"):
            remove(path)

    def add(self, batch: PairBatch) -> None:
        """Write a batch's new contents and stage its rows and what came with them."""
        n = batch.pairs.num_rows
        if n == 0:
            return
        incoming = batch.pairs.append_column("item", pa.array(np.arange(n)))
        columns = _columns(incoming) | _columns(self._ask("build_keys", incoming=incoming))
        columns["seq"] = pa.chunked_array([pa.array(np.arange(self.staged, self.staged + n))])
        self._add_contents("prompts", "prompt", columns)
        self._add_contents("responses", "chosen", columns)
        self._add_contents("responses", "rejected", columns)
        self._insert("staged", pa.table({name: columns[name] for name in STAGED}))
        self._stage_children(batch, columns)
        self.staged += n
        self.unsaved += incoming.nbytes
        if self.unsaved > CHECKPOINT_BYTES:
            self.con.execute("CHECKPOINT building")
            self.unsaved = 0

    def add_rows(self, info: SourceInfo) -> int:
        """Turn what is staged into rows of the source; return its id."""
        source_id = self._source_id(info)
        rows = {"source_id": source_id, "first_row_id": self.first_row_id}
        self.con.execute(statement("build_new_pairs"), {**rows, "anywhere": not info.named})
        votes = {"source_id": source_id, "origin": PurePath(info.origin).name}
        self.con.execute(statement("build_votes"), votes)
        for name in ("build_ratings", "build_gold", "build_drop_empty"):
            self.con.execute(statement(name), {"source_id": source_id})
        return source_id

    def counts(self) -> dict[str, int]:
        """Return the counts of `build_counts.sql`."""
        found = self.con.execute(statement("build_counts"), {"first_row_id": self.first_row_id})
        names = [column[0] for column in found.description]
        return dict(zip(names, found.fetchall()[0], strict=True))

    def scores(self) -> dict[str, bool]:
        """Return the runs whose scores came along, and whether they leak the label."""
        found = self.con.execute(
            "SELECT run, bool_or(leaks_label) FROM staged_scores GROUP BY run ORDER BY run"
        )
        return {run: bool(leaks) for run, leaks in found.fetchall()}

    def run_scores(self, run: str) -> pa.Table:
        """Return (response_id, reward) of one run, sorted by id."""
        return self.con.sql(statement("build_scores"), params={"run": run}).to_arrow_table()

    def finish(self, source_id: int, report: str) -> tuple[str, str]:
        """Seal the file under its fingerprint; return the fingerprint and the file's name."""
        self.con.execute("UPDATE sources SET report = ? WHERE source_id = ?", [report, source_id])
        fingerprint = self._fingerprint()
        self.con.execute("UPDATE meta SET fingerprint = ?", [fingerprint])
        self.con.execute("CHECKPOINT building")
        self.con.close()
        name = f"pairs-{fingerprint[:16]}.duckdb"
        if not (self.root / name).exists():
            move(self.path, self.root / name)
        return fingerprint, name

    def total(self) -> int:
        """Return the number of rows in the file."""
        return self._int("SELECT count(*) FROM pairs")

    def unique(self) -> int:
        """Return the number of different pairs in the file."""
        return self._int("SELECT count(DISTINCT pair_id) FROM pairs")

    def _add_contents(self, table: str, side: str, columns: Columns) -> None:
        wanted = pa.table({"id": columns[f"{side}_id"], "hash": columns[f"{side}_hash"]})
        ids: Ints = wanted["id"].to_numpy()
        unique, first = np.unique(ids, return_index=True)
        wanted = wanted.take(pa.array(first))
        standing = self._ask(f"build_standing_{table}", wanted=wanted)
        clash = pc.count_distinct(columns[f"{side}_hash"]).as_py() != len(unique)
        if clash or not pc.all(standing["same"], min_count=0).as_py():
            raise StoreError("Two different contents share an id.", "Nothing was imported.")
        fresh = np.sort(first[~np.isin(unique, standing["id"].to_numpy())])
        if len(fresh):
            self._ask(f"build_{table}", fresh=_contents(side, columns).take(pa.array(fresh)))

    def _stage_children(self, batch: PairBatch, columns: Columns) -> None:
        ratings = _with_response(batch.ratings, columns)
        self._insert("staged_ratings", ratings.select(RATINGS))
        self._insert("staged_scores", _with_response(batch.scores, columns).select(SCORES))
        self._insert("staged_votes", _with_winner(batch.votes, columns).select(VOTES))
        self._insert("staged_gold", _with_winner(batch.gold, columns).select(GOLD))

    def _source_id(self, info: SourceInfo) -> int:
        known = self.con.execute("SELECT source_id FROM sources WHERE name = ?", [info.name])
        rows = known.fetchall()
        if rows:
            return int(rows[0][0])
        new = self._int("SELECT coalesce(max(source_id) + 1, 0) FROM sources")
        values = [new, info.name, info.format, info.origin, info.revision, info.licence]
        self.con.execute(
            "INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?, now()::TIMESTAMP, NULL)", values
        )
        return new

    def _fingerprint(self) -> str:
        digest = hashlib.sha256()
        lines = self.con.sql(statement("build_content_lines"))
        for batch in lines.to_arrow_reader(100_000):
            digest.update("".join(f"{line}\n" for line in batch.column(0).to_pylist()).encode())
        return digest.hexdigest()

    def _ask(self, name: str, **tables: pa.Table) -> pa.Table:
        for key, table in tables.items():
            self.con.register(key, _pieces(table))
        try:
            found = self.con.sql(statement(name))
            return found.to_arrow_table() if found is not None else pa.table({})
        finally:
            for key in tables:
                self.con.unregister(key)

    def _insert(self, target: str, rows: pa.Table) -> None:
        if rows.num_rows:
            self.con.register("rows", rows)
            self.con.table("rows").insert_into(target)
            self.con.unregister("rows")

    def _int(self, sql: str) -> int:
        rows = self.con.execute(sql).fetchall()
        return int(rows[0][0])


STAGED = (
    "seq", "split", "row", "pair_id", "pair_hash", "prompt_id", "chosen_id", "rejected_id",
    "label_kind", "tie_kind", "strength", "chosen_model", "rejected_model", "extra",
)  # fmt: skip
RATINGS = ["response_id", "rater", "aspect", "value", "leaks_label"]
SCORES = ["seq", "run", "response_id", "value", "leaks_label"]
VOTES = [
    "pair_id", "annotator", "aspect", "winner_id", "tie_kind", "strength", "seconds", "reason",
]  # fmt: skip
GOLD = ["pair_id", "winner_id", "tie_kind"]


def _open(path: Path, old: Path | None, memory: str, threads: int) -> duckdb.DuckDBPyConnection:
    if old is not None:
        shutil.copyfile(old, path)
    spill = f"{path}.spill"
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory,
        "threads": threads,
        "temp_directory": spill,
    }
    con = duckdb.connect(":memory:", config=config)
    con.execute("SET python_enable_replacements = false")
    con.execute("SET preserve_insertion_order = false")
    try:
        # No log: a file that was not finished is never used, and text would be written twice.
        con.execute(f"ATTACH {literal(path)} AS building (RECOVERY_MODE no_wal_writes)")
    except duckdb.Error as error:
        raise StoreDamaged(f"{old} cannot be read: {error}.") from error
    con.execute("USE building")
    if old is None:
        con.execute(statement("build_schema"))
        con.execute("INSERT INTO meta VALUES (?, ?, '')", [APPLICATION, SCHEMA_VERSION])
    con.execute(statement("build_staging"))
    return con


def _pieces(table: pa.Table) -> pa.Table:
    """Cut a table into pieces without copying: DuckDB reads one piece per thread."""
    return pa.Table.from_batches(table.to_batches(max_chunksize=PIECE_ROWS), table.schema)


def _columns(table: pa.Table) -> Columns:
    return dict(zip(table.column_names, table.columns, strict=True))


def _contents(side: str, columns: Columns) -> pa.Table:
    found = {name: columns[f"{side}_{name}"] for name in ("id", "hash", "messages", "text")}
    return pa.table({**found, "prompt_id": columns["prompt_id"]})


def _with_response(rows: pa.Table, columns: Columns) -> pa.Table:
    item = rows["item"]
    chosen = pc.equal(rows["side"], "chosen")
    ids = pc.if_else(chosen, columns["chosen_id"].take(item), columns["rejected_id"].take(item))
    return rows.append_column("response_id", ids).append_column("seq", columns["seq"].take(item))


def _with_winner(rows: pa.Table, columns: Columns) -> pa.Table:
    item = rows["item"]
    chosen = pc.equal(rows["winner"], "chosen")
    ids = pc.if_else(chosen, columns["chosen_id"].take(item), columns["rejected_id"].take(item))
    rows = rows.append_column("winner_id", ids)
    return rows.append_column("pair_id", columns["pair_id"].take(item))
