"""Texts nearest to one by embedding: exact cosines, block by block of ids, for a time.

A block's vectors are dropped once they are compared; one number each stays. Ids are cut from
hashes, so that equal ranges of them hold about as many vectors.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import duckdb
import pyarrow as pa

from core.store.filters import Where
from core.store.scan import interrupted
from core.store.statements import fill, statement

Of = Literal["prompt", "answer"]
BLOCK_ROWS = 131_072
"""Two row groups of a part, about 0.2 s of 384 numbers: what an end of time throws away."""
FIRST = 4_096
"""The nearest vectors that are looked up first; a narrow filter has them all looked up."""
IDS = 1 << 63
"""Ids are below."""


@dataclass(frozen=True)
class Asked:
    """What is to be found."""

    run_id: str
    of: Of
    vector: Sequence[float]
    prompt_id: int
    """Whose rows are none of the answer."""
    size: int


@dataclass(frozen=True)
class Nearest:
    """The rows nearest to a vector, the nearest first."""

    rows: pa.Table
    """row_id, response_id of the nearest vector, similarity."""
    compared: int
    odd: int
    """Vectors that have no cosine: of zeros, or of another width."""
    texts: int
    """Prompts, or responses, of the store, with a vector or without."""
    searched: float
    """Share of the ids looked at; below 1 the time was over."""
    seconds: float


def nearest(
    con: duckdb.DuckDBPyConnection, asked: Asked, where: Where, rows: int, seconds: float | None
) -> Nearest:
    """Compare with the vectors of a run of `rows` rows for `seconds`, or with all of them.

    Each other prompt is there once, with the nearest of its vectors among the rows of `where`.
    """
    cursor = con.cursor()
    try:
        cursor.execute(statement("vectors_compared"))
        started = time.monotonic()
        searched = _compare(cursor, asked, max(1, -(-rows // BLOCK_ROWS)), seconds)
        taken = time.monotonic() - started
        counted = {"prompts": asked.of == "prompt"}
        ((n, odd, texts),) = cursor.execute(statement("vectors_counted"), counted).fetchall()
        found = _rows(cursor, asked, where, min(FIRST, n))
        if found.num_rows < asked.size and n > FIRST:
            found = _rows(cursor, asked, where, n)
    finally:
        cursor.close()
    return Nearest(found, n, odd, texts, searched, taken)


def _compare(
    cursor: duckdb.DuckDBPyConnection, asked: Asked, blocks: int, seconds: float | None
) -> float:
    """Compare until the time is over; return the share of the blocks that were compared."""
    edges = [IDS * block // blocks for block in range(blocks + 1)]
    of, done = asked.of, 0
    sql = statement(f"vectors_compare_{of}")
    bound = {"run_id": asked.run_id, "vector": list(asked.vector)}
    started = time.monotonic()
    try:
        with interrupted(cursor, seconds):
            for block in range(blocks):
                if seconds is not None and time.monotonic() - started >= seconds:
                    break
                ends = {"first": edges[block], "last": edges[block + 1] - 1}
                cursor.execute(sql, {**bound, **ends})
                done += 1
    except duckdb.InterruptException:
        pass  # that block is undone as a whole; those before it count
    return done / blocks


def _rows(cursor: duckdb.DuckDBPyConnection, asked: Asked, where: Where, most: int) -> pa.Table:
    own = {"prompt_id": asked.prompt_id, "any_answer": asked.of == "prompt", "size": asked.size}
    params = {**where.params, **own, "most": most}
    return cursor.sql(fill("vectors_nearest", where.sql, {}, ()), params=params).to_arrow_table()
