"""Margins: histograms, densities, quantiles and calibration of signals, binned in SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pyarrow as pa

from core.errors import FilterError
from core.schema import Condition, Floats, Ints, PairFilter
from core.store.filters import KEYS, Where
from core.store.instance import Store
from core.views.bins import Bins, bins_between
from core.views.results import Calibration, Density, Histogram
from core.views.where import number_column, where_of
from core.views.wilson import share

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
EXACT_ROWS = 1_000_000
"""Up to here quantiles are exact (35 ms on two cores); beyond, they come from fine bins."""
FINE_BINS = 4096
MOST_SLICES = 8
"""Slices with a line of their own; the rows of the smaller ones are one slice together."""
OTHERS = "all others"
GOLD = "gold_agrees"
WITNESSES: Mapping[str, str] = {"gold": GOLD, "votes": "vote_share"}
"""What calibration is held against → the column above 0.5 where it agrees with the label."""

Slice = Literal["source", "split"]


def histogram(
    store: Store, filter: PairFilter, signal: str, bins: int = 60, slice_by: Slice | None = None
) -> Histogram:
    """Count `signal` in `bins` equal bins between its least and its greatest value."""
    where, name = where_of(store, filter), number_column(store, signal)
    extent = _extent(store, where, name)
    grid = bins_between(extent.low, extent.high, bins)
    table = _counts(store, where, name, grid, slice_by)
    return Histogram(
        signal=name,
        edges=grid.edges,
        series=_sliced(table, bins) if slice_by else {"all": _dense(table, bins)},
        nulls=extent.total - extent.known,
        total=extent.total,
        quantiles=_quantiles(store, where, name, extent) if extent.known else {},
        reversed=_reversed(store, filter, name, grid) if extent.known else None,
    )


def density(store: Store, filter: PairFilter, x: str, y: str, bins: int = 40) -> Density:
    """Count two signals in a grid of `bins` by `bins`; rows without both count as nulls."""
    where, columns = where_of(store, filter), {"x": x, "y": y}
    names = {axis: number_column(store, name) for axis, name in columns.items()}
    extent = store.query("margins_grid_range", {}, where, **names).to_pylist()[0]
    across = bins_between(extent["x_low"], extent["x_high"], bins)
    up = bins_between(extent["y_low"], extent["y_high"], bins)
    scales = {"x_low": across.low, "x_scale": across.scale, "y_low": up.low, "y_scale": up.scale}
    cells = store.query("margins_grid", {**scales, "bins": bins}, where, **names)
    counts = np.zeros((bins, bins), np.int64)
    counts[cells["y_bin"].to_numpy(), cells["x_bin"].to_numpy()] = cells["n"].to_numpy()
    known, total = extent["known"], extent["total"]
    return Density(x, y, across.edges, up.edges, counts, total - known, total)


def calibration(
    store: Store, filter: PairFilter, signal: str, against: str, bins: int = 10
) -> Calibration | None:
    """Return how often labels agree with a witness per group of about equally many rows.

    `against` is a key of WITNESSES; votes that are split evenly say nothing. None when the witness
    speaks about no row that has the signal.
    """
    if against not in WITNESSES:
        known = " and ".join(WITNESSES)
        raise FilterError(f"Calibration cannot be held against {against!r}.", f"Known: {known}.")
    witness = WITNESSES[against]
    if witness not in store.columns:
        return None
    where, name = where_of(store, filter), number_column(store, signal)
    extent = _extent(store, where, name)
    fine = bins_between(extent.low, extent.high, FINE_BINS)
    params = {"low": fine.low, "scale": fine.scale, "bins": FINE_BINS}
    params["by_votes"] = against == "votes"
    table = store.query("margins_calibration", params, where, signal=name, witness=witness)
    return _grouped(table, name, against, bins) if table.num_rows else None


def reversed_by_gold(store: Store, filter: PairFilter) -> PairFilter | None:
    """Return the filter of the rows of `filter` whose label gold contradicts; None without gold."""
    if GOLD not in store.columns:
        return None
    return replace(filter, conditions=(*filter.conditions, Condition(GOLD, "=", 0.0)))


# --- counting ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Extent:
    """Least and greatest value (None when no row has one), rows that have one, and all rows."""

    low: float | None
    high: float | None
    known: int
    total: int


def _extent(store: Store, where: Where, name: str) -> Extent:
    return Extent(**store.query("margins_range", {}, where, signal=name).to_pylist()[0])


def _counts(store: Store, where: Where, name: str, grid: Bins, slice_by: Slice | None) -> pa.Table:
    params = {"low": grid.low, "scale": grid.scale, "bins": grid.n}
    if slice_by is None:
        return store.query("margins_bins", params, where, signal=name)
    return store.query("margins_slices", params, where, signal=name, slice=slice_by)


def _reversed(store: Store, filter: PairFilter, name: str, grid: Bins) -> Ints | None:
    """Count the rows that gold calls reversed, for stored signals but gold itself."""
    kept = reversed_by_gold(store, filter)
    if kept is None or name in KEYS or name == GOLD:
        return None
    counts = _dense(_counts(store, where_of(store, kept), name, grid, None), grid.n)
    return counts if counts.any() else None


def _dense(table: pa.Table, bins: int) -> Ints:
    """Turn (bin, n) rows into one count per bin."""
    counts = np.zeros(bins, np.int64)
    np.add.at(counts, table["bin"].to_numpy(), table["n"].to_numpy())
    return counts


def _sliced(table: pa.Table, bins: int) -> Mapping[str, Ints]:
    """Return the counts of the largest slices, largest first, and of all others together."""
    names = np.array(table["slice"].to_pylist(), dtype=object)
    series = {
        str(name): _dense(table.filter(pa.array(names == name)), bins) for name in np.unique(names)
    }
    ranked = sorted(series, key=lambda name: (-int(series[name].sum()), name))
    kept = {name: series[name] for name in ranked[:MOST_SLICES]}
    rest = [series[name] for name in ranked[MOST_SLICES:]]
    return {**kept, OTHERS: np.sum(rest, axis=0)} if rest else kept


def _quantiles(store: Store, where: Where, name: str, extent: Extent) -> Mapping[float, float]:
    if extent.known <= EXACT_ROWS:
        shares = {"shares": list(QUANTILES)}
        values = store.query("margins_quantiles", shares, where, signal=name)[0][0].as_py()
        return dict(zip(QUANTILES, values, strict=True))
    fine = bins_between(extent.low, extent.high, FINE_BINS)
    counts = _dense(_counts(store, where, name, fine, None), FINE_BINS)
    return dict(zip(QUANTILES, interpolated(counts, fine.edges), strict=True))


def interpolated(counts: Ints, edges: Floats) -> list[float]:
    """Return QUANTILES from binned counts: exact to one bin, straight lines inside it.

    Each lies in the first bin at whose end its share of the rows is reached, so never in or behind
    a gap of empty bins.
    """
    until, asked = np.cumsum(counts), np.array(QUANTILES) * counts.sum()
    at = np.searchsorted(until, asked)
    inside = (asked - until[at] + counts[at]) / counts[at]
    return [float(value) for value in edges[at] + inside * (edges[at + 1] - edges[at])]


def _grouped(table: pa.Table, signal: str, against: str, bins: int) -> Calibration:
    """Join fine bins to groups of about equally many rows; a group's centre is its mean."""
    n, k, total = (table[name].to_numpy() for name in ("n", "k", "total"))
    group = np.minimum((np.cumsum(n) - n) * bins // n.sum(), bins - 1)
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    rows, agreeing, sums = (np.add.reduceat(values, starts) for values in (n, k, total))
    shares = tuple(share(int(a), int(r)) for a, r in zip(agreeing, rows, strict=True))
    return Calibration(signal, against, sums / rows, shares)
