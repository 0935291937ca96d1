"""Slices: what each value, or quarter, of a column says of labels, runs, length and suspicion."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import FilterError, UnknownName
from core.schema import PairFilter
from core.signals.wilson import Z95
from core.store.instance import Store
from core.views.browse import count
from core.views.results import Share
from core.views.scorers import GOLD, LENGTH, run_margins
from core.views.slicing import (
    Slice,
    cuts_of,
    is_category,
    sample,
    sliceable,
    value_slice,
)
from core.views.where import number_column, where_of
from core.views.wilson import share

SUSPICION = "suspicion"
MOST_SLICES = 40
"""Values of a category that are shown, those with most rows."""


@dataclass(frozen=True)
class Mean:
    """A mean with its normal 95 % interval; `low` and `high` are None of fewer than two rows."""

    n: int
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class SliceRow:
    """What is known of one slice."""

    slice: Slice
    n: int
    agreement: Share
    """The chosen run agrees with the label, among margins other than 0."""
    longer: Share
    """The chosen answer is the longer one, among answers of unequal length."""
    gold: Share
    """Gold confirms the label, where there is gold."""
    suspicion: Mean
    mean: Mean
    """Of the chosen signal."""


@dataclass(frozen=True)
class Slices:
    """A column's slices: categories by size, numbers in their order, what is unknown last."""

    column: str
    run: str | None
    """Whose agreement; None where no run has a margin."""
    signal: str
    rows: tuple[SliceRow, ...]
    left_out: int
    """Rows of the values beyond the most that are shown."""


def slices(store: Store, filter: PairFilter, column: str, run: str | None, signal: str) -> Slices:
    """Measure every slice of `column`; raise FilterError for an unknown column, run or signal."""
    margin = _margin(store, run)
    averaged = {SUSPICION, number_column(store, signal)}
    params = {
        # Columns that the store lacks are not there; of none of a kind, one stands in.
        "sided": [n for n in store.columns if n in (margin, LENGTH, GOLD)] or [signal],
        "averaged": [n for n in store.columns if n in averaged],
    }
    found, left_out = _measured(store, filter, column, params)
    rows = tuple(
        SliceRow(
            slice=slice,
            n=row["n"],
            agreement=_positive(row, margin or ""),
            longer=_positive(row, LENGTH),
            gold=_gold(row),
            suspicion=_mean(row, SUSPICION),
            mean=_mean(row, signal),
        )
        for slice, row in found
    )
    return Slices(column, run, signal, rows, left_out)


Measured = list[tuple[Slice, Mapping[str, Any]]]


def _margin(store: Store, run: str | None) -> str | None:
    margins = run_margins(store)
    if run is None:
        return None
    if run not in margins:
        unknown = UnknownName("run with margins", run, margins)
        raise FilterError(unknown.message, unknown.hint)
    return margins[run].name


def _measured(
    store: Store, filter: PairFilter, column: str, params: Mapping[str, object]
) -> tuple[Measured, int]:
    """Return each slice with its aggregates, and the rows of those that are not shown."""
    where = where_of(store, filter)
    if column not in sliceable(store):
        unknown = UnknownName("slicing", column, sliceable(store))
        raise FilterError(unknown.message, unknown.hint)
    if not is_category(store, column):
        values = sample(store, filter, [column], count(store, filter).matching)[column]
        known = values.drop_null().to_numpy().astype(np.float32)
        cuts = cuts_of(column, known)
        if cuts is not None:
            binned = store.query("slices_bins", {**params, **cuts.params()}, where, slice=column)
            pieces = dict(enumerate(cuts.slices()))
            unknown_slice = value_slice(column, None)
            return [(pieces.get(r["slice"], unknown_slice), r) for r in binned.to_pylist()], 0
    limit = {"most": MOST_SLICES}
    rows = store.query("slices_values", {**params, **limit}, where, slice=column).to_pylist()
    if not is_category(store, column):
        rows.sort(key=lambda row: (row["slice"] is None, row["slice"] or 0))
    left_out = rows[0]["total"] - sum(row["n"] for row in rows) if rows else 0
    return [(value_slice(column, row["slice"]), row) for row in rows], left_out


def _positive(row: Mapping[str, Any], name: str) -> Share:
    """Return the share above 0 of the values other than 0."""
    known, zero = row.get(f"known_{name}", 0), row.get(f"zero_{name}", 0)
    return share(row.get(f"positive_{name}", 0), known - zero)


def _gold(row: Mapping[str, Any]) -> Share:
    return share(row.get(f"positive_{GOLD}", 0), row.get(f"known_{GOLD}", 0))


def _mean(row: Mapping[str, Any], name: str) -> Mean:
    """Return the mean and its interval: mean +- z * deviation / sqrt n."""
    n, mean = row.get(f"known_{name}", 0), row.get(f"mean_{name}")
    deviation = row.get(f"deviation_{name}")
    if mean is None or deviation is None:
        return Mean(n, mean, None, None)
    half = Z95 * deviation / math.sqrt(n)
    return Mean(n, mean, mean - half, mean + half)
