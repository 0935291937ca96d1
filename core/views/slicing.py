"""How a column falls into slices: by its values, or into quarters; each is a predicate.

Ends come from at most SAMPLE rows and are rounded, so that a filter says what the chart shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from core.schema import Condition, Ints, PairFilter, Scalar
from core.store.filters import missing
from core.store.instance import Store
from core.views.where import where_of

SAMPLE = 100_000
"""Rows that ends, and surprises, are taken from; a quarter's end is exact to 0.3 % of the rows."""
FEW = 6
"""Up to so many different values, a signal is sliced by its values."""
QUARTERS = ("lowest", "second", "third", "highest")
_DIGITS = 4
_NEVER = float("inf")


@dataclass(frozen=True)
class Slice:
    """Rows that one condition, or two, keep."""

    column: str
    label: str
    """In a chart."""
    words: str
    """Behind the column's name in a sentence: `is in its lowest quarter (below 2)`."""
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Cuts:
    """Ends between the slices of a signal: `x >= end` for each of `ends`, then `x > above`."""

    column: str
    ends: tuple[float, ...] = ()
    above: float | None = None
    """Equal to the only end where that value is a slice of its own; None for quarters."""

    def params(self) -> dict[str, float]:
        """Return the ends as parameters; those that are not there are never reached."""
        first, second, third = (*self.ends, *[_NEVER] * (3 - len(self.ends)))
        above = _NEVER if self.above is None else self.above
        return {"first": first, "second": second, "third": third, "above": above}

    def codes(self, values: npt.NDArray[np.float32]) -> Ints:
        """Return the slice's number of each value, as the statement counts it."""
        ends = np.array(self.ends, np.float32)
        codes = np.searchsorted(ends, values, side="right").astype(np.int64)
        return codes if self.above is None else codes + (values > np.float32(self.above))

    def slices(self) -> tuple[Slice, ...]:
        """Return the slices in order."""
        if self.above is not None:
            return _around(self.column, self.above)
        bounds = (None, *self.ends, None)
        return tuple(
            _between(self.column, QUARTERS[i], bounds[i], bounds[i + 1])
            for i in range(len(bounds) - 1)
        )


def is_category(store: Store, column: str) -> bool:
    """Return whether a column holds names or yes and no, not numbers."""
    return store.columns[column] != "number"


def categories(store: Store) -> tuple[str, ...]:
    """Return the columns of names that some row has; `tie_kind` and `label_kind` tell ties."""
    return tuple(
        name
        for name in store.columns
        if is_category(store, name) and name != "tie" and name in store.keys
    )


def sliceable(store: Store) -> tuple[str, ...]:
    """Return what the rows can be sliced by: categories, then signals that a row has."""
    return (*categories(store), *(column.name for column in store.signal_columns if column.n))


def sample(store: Store, filter: PairFilter, names: Sequence[str], matching: int) -> pa.Table:
    """Return columns of at most about SAMPLE rows of `filter`; of so few, all of them."""
    params = {"names": list(names), "step": step_of(matching)}
    return store.query("slices_sample", params, where_of(store, filter))


def step_of(matching: int) -> int:
    """Return of how many rows one is sampled."""
    return max(1, -(-matching // SAMPLE))


def cuts_of(column: str, values: npt.NDArray[np.float32]) -> Cuts | None:
    """Return where quarters end, or the value that most rows have; None for a few values.

    `values` are known and finite. Where more than a quarter has one value, the slices are what is
    below it, it, and what is above.
    """
    ordered = np.sort(values)
    starts = np.flatnonzero(np.diff(ordered, prepend=np.nan) != 0)
    if starts.size <= FEW:
        return None
    found = np.quantile(ordered.astype(np.float64), (0.25, 0.5, 0.75))
    for digits in (_DIGITS, 9):
        ends = sorted({float(f"{value:.{digits}g}") for value in found})
        until = np.searchsorted(ordered, np.array(ends, np.float32))
        if len(ends) == 3 and np.diff(until, prepend=0, append=ordered.size).all():
            return Cuts(column, tuple(ends))
    rows = np.diff(starts, append=ordered.size)
    common = _short(float(ordered[starts[rows.argmax()]]))
    return Cuts(column, (common,), common)


def value_slice(column: str, value: Scalar | None) -> Slice:
    """Return the rows that have one value, or none."""
    if value is None:
        said = missing(column)
        return Slice(column, said, f"is {said}", (Condition(column, "null"),))
    kept = _short(value) if type(value) in (int, float) else value
    said = f"{kept:.9g}" if type(kept) is float else str(kept)
    return Slice(column, said or "(empty)", f"is {said}", (Condition(column, "=", kept),))


def _short(value: Scalar) -> float:
    """Return the shortest number that a REAL column holds as `value`."""
    return float(str(np.float32(value)))


def _around(column: str, value: float) -> tuple[Slice, ...]:
    said = f"{_short(value):.9g}"
    return tuple(
        Slice(column, label, f"is {label}", (Condition(column, op, _short(value)),))
        for label, op in ((f"below {said}", "<"), (said, "="), (f"above {said}", ">"))
    )


def _between(column: str, quarter: str, low: float | None, high: float | None) -> Slice:
    """Return a quarter: from `low`, up to but without `high`."""
    conditions = [Condition(column, ">=", low)] if low is not None else []
    conditions += [Condition(column, "<", high)] if high is not None else []
    if low is None:
        reach = f"below {high:.9g}"
    else:
        reach = f"{low:.9g} and more" if high is None else f"{low:.9g} to {high:.9g}"
    words = f"is in its {quarter} quarter ({reach})"
    return Slice(column, f"{quarter} quarter: {reach}", words, tuple(conditions))
