"""Linked panels: two signals, a category and the grid of both, counted in one scan.

Their axes are those of the whole store, so that what a filter keeps can be held against all rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from core.errors import FilterError, UnknownName
from core.schema import Condition, Ints, PairFilter
from core.signals.spec import SIGNALS
from core.store.instance import Store
from core.views.bins import Bins, bins_between
from core.views.where import number_column, where_of

BINS = 48
"""Of a histogram."""
PER_CELL = 2
"""Bins of each signal in a cell of their grid: of 48 × 48 a browser draws half a second."""
MOST_KINDS = 8
"""Kinds of a category with a bar of their own; the rows of the smaller ones are one bar."""

Kind = str | None
"""A category's value as text; None is unknown."""


@dataclass(frozen=True)
class Kinds:
    """The bars of a category; the same for every filter."""

    category: str
    kinds: tuple[Kind, ...]
    """Largest first, MOST_KINDS at most."""
    more: int
    """Further kinds, which share a bar behind those."""


@dataclass(frozen=True)
class Panels(Kinds):
    """What is drawn, and its axes; the same for every filter."""

    x: str
    y: str
    across: Bins
    up: Bins


@dataclass(frozen=True)
class OfKinds:
    """Rows per kind."""

    total: int
    kinds: Ints
    """One count per kind; one for all further kinds where there are any."""


@dataclass(frozen=True)
class Counted(OfKinds):
    """Rows per bin of every panel."""

    x: Ints
    y: Ints
    cells: Ints
    """Shape (y cells, x cells), PER_CELL bins each: rows that have both signals."""


def categories(store: Store) -> tuple[str, ...]:
    """Return the columns with few values: names and yes or no first, then whole-number signals.

    Those that are unknown of every row are left out.
    """
    keys = [key for key, kind in store.columns.items() if kind != "number" and key in store.keys]
    whole = {spec.name for spec in SIGNALS if spec.integer}
    return (*keys, *(c.name for c in store.signal_columns if c.signal in whole and c.n))


def panels(store: Store, x: str, y: str, category: str) -> Panels:
    """Return the panels of two signals and a category; raise FilterError for an unknown name."""
    names = {"x": number_column(store, x), "y": number_column(store, y)}
    extent = store.query("margins_linked_range", {}, None, **names).to_pylist()[0]
    bars = kinds_of(store, category)
    return Panels(
        **names,
        category=category,
        across=bins_between(extent["x_low"], extent["x_high"], BINS),
        up=bins_between(extent["y_low"], extent["y_high"], BINS),
        kinds=bars.kinds,
        more=bars.more,
    )


def kinds_of(store: Store, category: str) -> Kinds:
    """Return the bars of a category; raise FilterError for an unknown name."""
    found = store.query("margins_linked_kinds", category=_category(store, category))
    kinds = found["kind"].to_pylist()
    return Kinds(category, tuple(kinds[:MOST_KINDS]), len(kinds[MOST_KINDS:]))


def of_kinds(store: Store, filter: PairFilter, bars: Kinds) -> OfKinds:
    """Count the rows of `filter` per kind, in one scan of the category alone."""
    where = where_of(store, filter)
    counts = _kinds(store.query("crossfilter_kinds", {}, where, category=bars.category), bars)
    return OfKinds(int(counts.sum()), counts)


def counted(store: Store, filter: PairFilter, p: Panels) -> Counted:
    """Count the rows of `filter` in every panel; rows without a signal are in no bin of it."""
    scales = {"x_low": p.across.low, "x_scale": p.across.scale}
    scales |= {"y_low": p.up.low, "y_scale": p.up.scale, "bins": p.across.n}
    names = {"x": p.x, "y": p.y, "category": p.category}
    table = store.query("margins_linked", scales, where_of(store, filter), **names)
    of_kind = table["of_kind"].combine_chunks()
    kinds = _kinds(table.filter(of_kind), p)
    grid = _grid(table.filter(pa.compute.invert(of_kind)), p.across.n)
    return Counted(
        total=int(kinds.sum()),
        x=grid[:, :-1].sum(axis=0),
        y=grid[:-1, :].sum(axis=1),
        kinds=kinds,
        cells=_cells(grid[:-1, :-1]),
    )


def kept_by(store: Store, category: str, kind: Kind) -> Condition:
    """Return the condition that keeps one kind of a category."""
    if kind is None:
        return Condition(category, "null")
    of = store.columns[_category(store, category)]
    if of == "bool":
        return Condition(category, "=", kind == "true")
    return Condition(category, "=", kind if of == "text" else float(kind))


def _category(store: Store, name: str) -> str:
    known = categories(store)
    if name in known:
        return name
    unknown = UnknownName("category", name, known)
    raise FilterError(unknown.message, unknown.hint)


def _grid(table: pa.Table, bins: int) -> Ints:
    """Return rows per cell, those without a value in the last row or column."""
    grid = np.zeros((bins + 1, bins + 1), np.int64)
    up, across = (table[name].fill_null(bins).to_numpy() for name in ("y_bin", "x_bin"))
    grid[up, across] = table["n"].to_numpy()
    return grid


def _cells(grid: Ints) -> Ints:
    """Return the rows of PER_CELL by PER_CELL bins together."""
    up, across = (size // PER_CELL for size in grid.shape)
    return np.asarray(grid.reshape(up, PER_CELL, across, PER_CELL).sum(axis=(1, 3)), np.int64)


def _kinds(table: pa.Table, p: Kinds) -> Ints:
    """Return rows per kind; what has no bar of its own is added to the last one."""
    places = {kind: place for place, kind in enumerate(p.kinds)}
    counts = np.zeros(len(p.kinds) + bool(p.more), np.int64)
    for kind, n in zip(table["kind"].to_pylist(), table["n"].to_pylist(), strict=True):
        counts[places.get(kind, len(p.kinds))] += n
    return counts
