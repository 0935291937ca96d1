"""The texts of rows in the order in which they are written, some at a time.

Texts lie in the store in the order of their import. Asking by place in the file lets the engine
pass over what is not wanted; asking by id would read every text for every table.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa

from core.schema import Ints
from core.store.instance import Store

PLACE_ROWS = 131_072
"""Rows whose places are held at once."""
TEXT_CHARS = 48_000_000
"""Characters that are held at once, and at least one row."""
_SIDES = {
    "export_prompt_texts": ("prompt",),
    "export_response_texts": ("chosen", "rejected"),
}


def texts(
    store: Store, row_ids: Ints, rows: int | None = None, chars: int = TEXT_CHARS
) -> Iterator[pa.Table]:
    """Yield texts and origins in the order of `row_ids`, `chars` at most, `rows` (PLACE_ROWS) too.

    The next table is read while one is used.
    """
    parts = (
        part
        for places in _places(store, row_ids, rows or PLACE_ROWS)
        for part in _parts(places, chars)
    )
    with ThreadPoolExecutor(1) as ahead:
        reading = ahead.submit(_next, store, parts)
        while (table := reading.result()) is not None:
            reading = ahead.submit(_next, store, parts)
            yield table


def _next(store: Store, parts: Iterator[pa.Table]) -> pa.Table | None:
    part = next(parts, None)
    return None if part is None else _with_texts(store, part)


def _places(store: Store, row_ids: Ints, rows: int) -> Iterator[pa.Table]:
    for start in range(0, row_ids.size, rows):
        wanted = row_ids[start : start + rows].tolist()
        yield store.query("export_places", {"rows": wanted}).combine_chunks()


def _parts(places: pa.Table, chars: int) -> Iterator[pa.Table]:
    total = np.cumsum(places["n_chars"].to_numpy())
    start = 0
    while start < total.size:
        before = total[start - 1] if start else 0
        stop = max(int(np.searchsorted(total, before + chars, side="right")), start + 1)
        yield places.slice(start, stop - start)
        start = stop


def _with_texts(store: Store, places: pa.Table) -> pa.Table:
    made = {name: places[name] for name in places.column_names if not name.endswith(_HELP)}
    for query, sides in _SIDES.items():
        at = {side: places[f"{side}_at"].to_numpy() for side in sides}
        wanted = np.unique(np.concatenate(list(at.values())))
        found = store.query(query, {"places": wanted.tolist()})
        # What is found comes in any order: several threads look.
        order = np.argsort(found["place"].to_numpy())
        # Taking from one array is ten times faster than from chunks.
        whole = {what: found[what].combine_chunks() for what in ("text", "messages")}
        for side in sides:
            take = pa.array(order[np.searchsorted(wanted, at[side])])
            made |= {f"{side}_{what}": array.take(take) for what, array in whole.items()}
    return pa.table(made)


_HELP = ("_at", "n_chars")
