"""The attribute heads of a run: `reward_<head>` of both sides of every row."""

from __future__ import annotations

import pyarrow as pa

from core.store.aligned import aligned
from core.store.columns import HEAD
from core.store.instance import Store


def head_values(store: Store, run_id: str) -> dict[str, pa.ChunkedArray]:
    """Return `reward_<head>_chosen` and `_rejected` in the order of row_id, for each head of a run.

    A run of a model with one head has none.
    """
    heads = sorted(name for name in store.run_columns(run_id) if HEAD.fullmatch(name))
    if not heads:
        return {}
    rows = aligned(store, "inputs_heads", run_id)
    names = (f"{head}_{side}" for head in heads for side in ("chosen", "rejected"))
    return {name: rows[name] for name in names}
