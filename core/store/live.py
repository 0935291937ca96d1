"""What is no file of a generation: views of the runs' parts, and tables of the votes' log.

The views are `live.scores`, `judged`, `texts` and `vectors`; the tables `votes`, `verdicts` and
`judged_rows`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from core.schema.texts import TEXT_COUNTS
from core.schema.voted import VERDICT_COLUMNS, VOTED_COLUMNS
from core.store.columns import COUNTS, HEAD, NUMBERS, ORDERS, SIGNATURES, VECTORS
from core.store.layout import RUNS, Generation
from core.store.parts import Part, read_part
from core.store.statements import literal, statement

SCORES = {
    "response_id": "BIGINT",
    **dict.fromkeys(NUMBERS, "DOUBLE"),
    "passes": "FLOAT[]",
    "policy_token_logps": "FLOAT[]",
    "ref_token_logps": "FLOAT[]",
    "token_ends": "INTEGER[]",
    "n_tokens": "INTEGER",
    "truncated": "BOOLEAN",
}
JUDGED = {
    "pair_id": "BIGINT",
    "winner_id": "BIGINT",
    **dict.fromkeys((*ORDERS, "reason_first", "reason_second"), "VARCHAR"),
    **dict.fromkeys(COUNTS, "INTEGER"),
    "truncated": "BOOLEAN",
}
TEXTS = {
    "response_id": "BIGINT",
    **dict.fromkeys(TEXT_COUNTS, "INTEGER"),
    "repetition": "DOUBLE",
    **dict.fromkeys(SIGNATURES, "BLOB"),
}
EMBEDDED = {"response_id": "BIGINT", **dict.fromkeys(VECTORS, "FLOAT[]")}


def read_parts(root: Path, generation: Generation) -> Mapping[str, tuple[Part, ...]]:
    """Return the parts of every run with what their footers say."""
    return {
        run: tuple(read_part(root / RUNS / run, name) for name in names)
        for run, names in sorted(generation.runs.items())
    }


def refill(con: duckdb.DuckDBPyConnection, votes: pa.Table, verdicts: pa.Table) -> None:
    """Replace the tables of the log together.

    Tables are made anew: rows that were deleted would stay in memory until the store is closed.
    """
    cursor = con.cursor()
    try:
        cursor.register("incoming_votes", votes.select(VOTED_COLUMNS.names).cast(VOTED_COLUMNS))
        told = verdicts.select(VERDICT_COLUMNS.names).cast(VERDICT_COLUMNS)
        cursor.register("incoming_verdicts", told)
        cursor.begin()
        for name in ("live_fill_votes", "live_fill_verdicts", "live_fill_rows"):
            cursor.execute(statement(name))
        cursor.commit()
    finally:
        cursor.close()  # takes back what was not committed


def views(root: Path, runs: Mapping[str, Sequence[Part]]) -> tuple[str, ...]:
    """Return the statements that make the views; a column that a run lacks is NULL."""
    scores = {**SCORES, **dict.fromkeys(_heads(runs), "DOUBLE")}
    made = {"scores": scores, "judged": JUDGED, "texts": TEXTS}
    embedded = {run: parts for run, parts in runs.items() if _embeds(parts)}
    return (
        *(_view(root, runs, name, columns) for name, columns in made.items()),
        _view(root, embedded, "vectors", EMBEDDED),
    )


def _embeds(parts: Sequence[Part]) -> bool:
    return any(name in part.columns for part in parts for name in VECTORS)


def _heads(runs: Mapping[str, Sequence[Part]]) -> list[str]:
    """Return the attribute heads of all runs: plain names, whoever made the parts."""
    every = {name for parts in runs.values() for part in parts for name in part.columns}
    return sorted(name for name in every if HEAD.fullmatch(name))


def _view(
    root: Path, runs: Mapping[str, Sequence[Part]], name: str, columns: Mapping[str, str]
) -> str:
    # A run of texts has the key of any run of responses, so it is known by its signatures.
    needed = "signature" if name == "texts" else next(iter(columns))
    selects = [
        _select(root / RUNS / run, run, parts, columns)
        for run, parts in runs.items()
        if parts and all(needed in part.columns for part in parts)
    ]
    none = ", ".join(f"NULL::{kind} AS {column}" for column, kind in columns.items())
    nothing = f"SELECT '' AS run_id, {none} WHERE false"
    return f"CREATE VIEW live.{name} AS " + " UNION ALL ".join([nothing, *selects])


def _select(folder: Path, run: str, parts: Sequence[Part], columns: Mapping[str, str]) -> str:
    have = {column for part in parts for column in part.columns}
    values = ", ".join(
        f"{column}::{kind} AS {column}" if column in have else f"NULL::{kind} AS {column}"
        for column, kind in columns.items()
    )
    files = ", ".join(literal(folder.resolve() / part.name) for part in parts)
    sql = (
        f"SELECT {literal(run)} AS run_id, {values} FROM "  # noqa: S608
        f"read_parquet([{files}], filename = true, union_by_name = true, hive_partitioning = false)"
    )
    if not _overlap(parts):
        return sql
    key = next(iter(columns))
    return f"{sql} QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY filename DESC) = 1"


def _overlap(parts: Sequence[Part]) -> bool:
    """Return whether a later part may hold keys of an earlier one: scored parts never do."""
    made = [part.made for part in parts]
    return len(parts) > 1 and any(m is None or m.get("scorer") == "imported" for m in made)
