"""What a run says, aligned to the rows of a store of any size."""

from __future__ import annotations

import pyarrow as pa

from core.store.instance import Store

BLOCK = 2_000_000
"""Rows asked for at once: both joins of ten million rows need more than the store's memory."""


def aligned(store: Store, name: str, run_id: str) -> pa.Table:
    """Return `sql/<name>.sql` of a run, one row per row of the store, in the order of row_id."""
    blocks = [
        store.query(name, {"run_id": run_id, "first": first, "after": first + BLOCK})
        for first in range(0, max(store.total, 1), BLOCK)
    ]
    return pa.concat_tables(blocks)
