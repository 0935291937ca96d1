"""`exact:` and `re:`, for which no index helps: every text is looked at, in blocks, for a time.

Patterns are RE2's: their time grows with the text and never explodes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import numpy as np

from core.errors import FilterError
from core.store.filters import Hits, hits_of
from core.store.statements import statement
from core.store.textquery import FIELDS, Scan

SCAN_SECONDS = 2.0
"""How long a page scans; a command takes the time that it needs."""
BLOCK_ROWS = 245_760
"""Two of DuckDB's row groups, one for each of two threads: about 0.2 s of a million pairs."""

_Blocks = list[tuple[str, int, int]]


def scan(
    con: duckdb.DuckDBPyConnection, asked: Scan, rows: int, seconds: float | None = None
) -> Hits:
    """Return which of `rows` rows match; what `seconds` were too short for is said in the note.

    Raise FilterError for a pattern that cannot be read.
    """
    cursor = con.cursor()
    try:
        _check(cursor, asked)
        cursor.execute(statement("scan_found"))
        searched = _fill(cursor, asked, _blocks(cursor, asked), seconds)
        fields = {name: asked.field in (None, name) for name in FIELDS}
        found = cursor.execute(statement("scan_rows"), fields).fetchnumpy()["row_id"]
    finally:
        cursor.close()
    kept = np.zeros(rows, dtype=np.bool_)
    kept[found] = True
    return hits_of(kept, _note(searched, seconds))


def _note(searched: float, seconds: float | None) -> str:
    if seconds is None or searched == 1:
        return ""
    return f"so far: {int(100 * searched)} % of the texts searched in {seconds:g} s"


def _check(cursor: duckdb.DuckDBPyConnection, asked: Scan) -> None:
    if asked.mode != "re":
        return
    try:
        cursor.execute(statement("scan_pattern"), {"text": asked.text})
    except duckdb.Error as error:
        why = str(error).splitlines()[0].removeprefix("Invalid Input Error: ")
        raise FilterError(
            f"The pattern {asked.text[:80]!r} cannot be read: {why}.",
            "Patterns are RE2's: no look-around, no back-references; (?i) ignores case.",
        ) from error


def _blocks(cursor: duckdb.DuckDBPyConnection, asked: Scan) -> _Blocks:
    row = cursor.execute(statement("scan_sizes")).fetchall()[0]
    sizes = dict(zip(("prompts", "responses"), row, strict=True))
    if asked.field:
        sizes.pop("responses" if asked.field == "prompt" else "prompts")
    return [
        (table, first, min(first + BLOCK_ROWS, size))
        for table, size in sizes.items()
        for first in range(0, size, BLOCK_ROWS)
    ]


def _fill(
    cursor: duckdb.DuckDBPyConnection, asked: Scan, blocks: _Blocks, seconds: float | None
) -> float:
    """Look at the blocks until the time is over; return the share of the texts looked at."""
    every, done = sum(end - first for _, first, end in blocks), 0
    exact = asked.mode == "exact"
    until = time.monotonic() + (seconds if seconds is not None else np.inf)
    try:
        with interrupted(cursor, seconds):
            for table, first, end in blocks:
                if time.monotonic() >= until:
                    break
                bound = {"first": first, "last": end - 1, "text": asked.text}
                name = f"scan_exact_{table}" if exact else f"scan_re_{table}"
                cursor.execute(statement(name), bound)
                done += end - first
    except duckdb.InterruptException:
        pass  # that block is undone as a whole; those before it count
    return done / every if every else 1.0


@contextmanager
def interrupted(cursor: duckdb.DuckDBPyConnection, seconds: float | None) -> Iterator[None]:
    """Interrupt the cursor's statement after `seconds`, and none that comes later."""
    if seconds is None:
        yield
        return
    timer = threading.Timer(seconds, cursor.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
