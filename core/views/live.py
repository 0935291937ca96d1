"""Signals with other parameters than the stored ones: recomputed while a slider moves."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.registry import Param
from core.schema import PairFilter, SignalColumn, SignalInputs
from core.signals.compute import compute_one
from core.signals.spec import SIGNALS
from core.store.instance import Store
from core.views.bins import bins_between
from core.views.margins import QUANTILES
from core.views.results import Histogram
from core.views.where import where_of


def live_params(column: SignalColumn) -> tuple[Param, ...]:
    """Return what a person can set for a stored signal."""
    return SIGNALS.get(column.signal).params


def recompute_histogram(
    store: Store,
    filter: PairFilter,
    inputs: SignalInputs,
    column: SignalColumn,
    params: Mapping[str, float],
    bins: int = 60,
) -> Histogram:
    """Return the histogram of `column` as it would be with `params`, over the rows of `filter`."""
    values = compute_one(column.signal, inputs, params, column.run_id)
    kept = store.query("margins_row_ids", {}, where_of(store, filter))["row_id"].to_numpy()
    wanted, wrong = values[kept], inputs.gold[kept] == 0
    told = np.isfinite(wanted)
    known = wanted[told]
    low, high = (float(known.min()), float(known.max())) if known.size else (None, None)
    grid = bins_between(low, high, bins)
    place = np.minimum((known - grid.low) * grid.scale, bins - 1).astype(np.int64)
    shares = np.quantile(known, QUANTILES) if known.size else ()
    return Histogram(
        signal=column.name,
        edges=grid.edges,
        series={"all": np.bincount(place, minlength=bins)},
        nulls=len(kept) - known.size,
        total=len(kept),
        quantiles={q: float(v) for q, v in zip(QUANTILES, shares, strict=False)},
        reversed=np.bincount(place[wrong[told]], minlength=bins) if wrong[told].any() else None,
    )
