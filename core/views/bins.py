"""Equal-width bins: the same edges for SQL and for numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.schema import Floats


@dataclass(frozen=True)
class Bins:
    """`n` equal bins from `low` to `high`; the last one holds `high` too."""

    low: float
    high: float
    n: int

    @property
    def scale(self) -> float:
        """Return bins per unit: a value's bin is floor((value − low)·scale), at most n − 1."""
        return self.n / (self.high - self.low)

    @property
    def edges(self) -> Floats:
        """Return the n + 1 edges."""
        return np.linspace(self.low, self.high, self.n + 1)


def bins_between(low: float | None, high: float | None, n: int) -> Bins:
    """Return bins from the least to the greatest value.

    One value only gets bins around it, of a width that its size can carry; no value gets 0 to 1.
    """
    if low is None or high is None:
        return Bins(0.0, 1.0, n)
    if (high - low) / n <= np.spacing(max(abs(low), abs(high))):
        pad = 0.5 * max(1.0, abs(low))
        return Bins(low - pad, high + pad, n)
    return Bins(low, high, n)
