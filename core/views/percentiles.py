"""Where a value stands among the values of its signal in the whole store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from core.schema import Floats
from core.store.instance import Store

SAMPLE = 50_000
"""Rows that are looked at; of more rows an even share is drawn: 95 % within 0.45 of 100."""
POINTS = 1_001
"""Values that are kept of each signal: the answer is small enough to be cached whole."""


@dataclass(frozen=True)
class Ladders:
    """Per signal the values of evenly spaced rows, lowest first; empty where none is known."""

    of: Mapping[str, Floats]
    exact: bool
    """Of every row, not of a sample."""

    def share(self, name: str, value: float | None) -> float | None:
        """Return the share of known values below `value`, equal ones counted half, in [0, 1].

        None where the value or the signal is unknown, and where all values are the same.
        """
        ladder = self.of.get(name)
        if value is None or ladder is None or not len(ladder) or ladder[0] == ladder[-1]:
            return None
        both = np.searchsorted(ladder, value, "left"), np.searchsorted(ladder, value, "right")
        return float(sum(both)) / (2 * len(ladder))


def ladders(store: Store) -> Ladders:
    """Return the ladder of every stored signal."""
    every = -(-store.total // SAMPLE)
    rows = store.query("browse_sample", {"every": max(every, 1)})
    names = [column.name for column in store.signal_columns]
    return Ladders({name: _ladder(rows[name]) for name in names}, every <= 1)


def _ladder(column: pa.ChunkedArray) -> Floats:
    values = np.sort(column.drop_null().to_numpy().astype(np.float64))
    if len(values) <= POINTS:
        return values
    return values[np.linspace(0, len(values) - 1, POINTS).round().astype(np.int64)]
