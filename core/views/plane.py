"""The plane of implicit and explicit margins, and the cut of alignment potential through it.

Both axes are z-scores over all rows of the store that have both margins, as the stored potential
is: a filter chooses rows and moves none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from core.schema import Condition, PairFilter, SignalColumn
from core.store.instance import Store
from core.views.bins import Bins, bins_between
from core.views.flips import evidence_columns
from core.views.results import Density
from core.views.signals import EXPLICIT
from core.views.where import where_of

POTENTIAL, IMPLICIT = "alignment_potential", "length_normalised_margin"
KEEP = 0.4
"""Share that the authors of the potential keep."""
REACH = 3.0
"""Deviations from 0 to the edge: a few rows far out would squeeze all others into one corner."""
QUADRANTS = ("high potential", "already learned", "ambiguous", "contradiction")
"""Top left, top right, bottom left, bottom right."""


@dataclass(frozen=True)
class PlaneRuns:
    """Whose margins the axes are."""

    policy: str
    reward: str | None = None
    """None: what the stored potential is made of, all reward models together."""


@dataclass(frozen=True)
class Plane:
    """Rows per cell, and per quadrant of QUADRANTS."""

    runs: PlaneRuns
    density: Density
    quadrants: tuple[int, ...]
    beyond: int
    """Rows further out than REACH; they stand in the outermost cells."""


@dataclass(frozen=True)
class Cut:
    """The line explicit = logp_weight · implicit + value, and what lies on or above it."""

    logp_weight: float
    value: float | None
    """None when no row is kept."""
    kept: int
    known: int
    condition: Condition | None
    """The same cut as a filter; None where the potential that it needs is not the stored one."""


@dataclass(frozen=True)
class Axes:
    """How stored columns become the coordinates of SQL."""

    names: Mapping[str, str]
    params: Mapping[str, float]
    stored: float
    """Weight with which the implicit z-score is in the explicit column already."""


def potentials(store: Store) -> tuple[SignalColumn, ...]:
    """Return the stored alignment potentials, one per policy run, those with most rows first."""
    found = [c for c in store.signal_columns if c.signal == POTENTIAL and c.n and c.run_id]
    return tuple(sorted(found, key=lambda c: (-c.n, c.name)))


def rewards(store: Store) -> tuple[str, ...]:
    """Return the runs whose explicit margin may stand alone on the vertical axis."""
    return tuple(c.run_id for c in evidence_columns(store) if c.run_id and c.n)


def without_cut(filter: PairFilter, policy: str) -> PairFilter:
    """Return the filter without its cut of the policy's potential: the plane shows both sides."""
    kept = tuple(c for c in filter.conditions if c.name != column_of(policy))
    return replace(filter, conditions=kept)


def column_of(policy: str) -> str:
    """Return the stored column of the policy's potential."""
    return f"{POTENTIAL}_{policy}"


def plane(store: Store, filter: PairFilter, runs: PlaneRuns, bins: int = 48) -> Plane:
    """Count the rows of `filter` in a grid of `bins` by `bins`; rows without both are nulls."""
    where, axes = where_of(store, filter), _axes(store, runs)
    seen = _range(store, filter, axes)
    across, up = (_bins(seen[f"{axis}_low"], seen[f"{axis}_high"], bins) for axis in "xy")
    params = {"x_low": across.low, "x_cells": across.scale, "y_low": up.low, "y_cells": up.scale}
    cells = store.query(
        "margins_plane", {**_moved(axes), **params, "bins": bins}, where, **axes.names
    )
    counts = np.zeros((bins, bins), np.int64)
    counts[cells["y_bin"].to_numpy(), cells["x_bin"].to_numpy()] = cells["n"].to_numpy()
    quadrants = tuple(int(seen[name.replace(" ", "_")] or 0) for name in QUADRANTS)
    total = int(seen["total"] or 0)
    grid = Density(
        f"{IMPLICIT}_{runs.policy}",
        axes.names["explicit"],
        across.edges,
        up.edges,
        counts,
        total - sum(quadrants),
        total,
    )
    return Plane(runs, grid, quadrants, int(seen["beyond"] or 0))


def cut(store: Store, filter: PairFilter, runs: PlaneRuns, logp_weight: float, keep: float) -> Cut:
    """Return the line above which `keep` of the rows of `filter` lie: floor(keep·n) of them.

    Rows of equal potential at the line are all kept.
    """
    where, axes = where_of(store, filter), _axes(store, runs)
    seen = _range(store, filter, axes)
    known = sum(int(seen[name.replace(" ", "_")] or 0) for name in QUADRANTS)
    # The last digit of keep·n is rounding: 0.29·100 is 28.999….
    wanted = int(keep * known + 1e-9)
    if not wanted:
        return Cut(logp_weight, None, 0, known, None)
    # Between two ranks, so that no rounding asks for the one beside it.
    params = {"weight": axes.stored - logp_weight, "at": (known - wanted + 0.5) / known}
    found = store.query("margins_plane_cut", {**axes.params, **params}, where, **axes.names)
    value, kept = found["cut"][0].as_py(), found["kept"][0].as_py()
    return Cut(logp_weight, value, kept, known, _condition(axes, runs, logp_weight, value))


def _axes(store: Store, runs: PlaneRuns) -> Axes:
    names = {"implicit": f"{IMPLICIT}_{runs.policy}"}
    names["explicit"] = f"{EXPLICIT}_{runs.reward}" if runs.reward else column_of(runs.policy)
    found = store.query("margins_plane_moments", {}, None, **names).to_pylist()[0]
    params = {"x_mean": found["implicit_mean"] or 0.0}
    params["x_scale"] = _scale(found["implicit_deviation"])
    if runs.reward:
        params |= {"y_mean": found["explicit_mean"] or 0.0}
        params["y_scale"] = _scale(found["explicit_deviation"])
        return Axes(names, params, 0.0)
    # The stored column is z(E) − lambda·z(I); adding lambda·z(I) again gives z(E).
    stored = next(c for c in store.signal_columns if c.name == names["explicit"])
    return Axes(
        names, {**params, "y_mean": 0.0, "y_scale": 1.0}, float(stored.params["logp_weight"])
    )


def _scale(deviation: float | None) -> float:
    """Return 1/deviation; 0 where all values are equal and say nothing."""
    return 1.0 / deviation if deviation else 0.0


def _moved(axes: Axes) -> dict[str, float]:
    return {**axes.params, "slope": axes.stored}


def _range(store: Store, filter: PairFilter, axes: Axes) -> Mapping[str, float | None]:
    params = {**_moved(axes), "reach": REACH}
    where = where_of(store, filter)
    found: Mapping[str, float | None]
    found = store.query("margins_plane_range", params, where, **axes.names).to_pylist()[0]
    return found


def _bins(low: float | None, high: float | None, n: int) -> Bins:
    if low is None or high is None:
        return bins_between(None, None, n)
    return bins_between(min(max(low, -REACH), REACH), max(min(high, REACH), -REACH), n)


def _condition(
    axes: Axes, runs: PlaneRuns, logp_weight: float, value: float | None
) -> Condition | None:
    """Return the cut over the stored column; as short as REAL can be told, so that it is exact."""
    if runs.reward or logp_weight != axes.stored or value is None:
        return None
    return Condition(axes.names["explicit"], ">=", float(str(np.float32(value))))
