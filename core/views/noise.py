"""How many labels are reversed, as the shape of each run's margins tells: a range."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.schema import Floats, SignalColumn
from core.signals.noise import noise_of
from core.store.instance import Store
from core.views.results import NoiseRow

SAMPLE_ROWS = 20_000
"""Margins used per run; a fixed sample where there are more."""


def noise_rows(store: Store, column: SignalColumn) -> tuple[NoiseRow, ...]:
    """Return what a run's margins say about every source that it covers."""
    share = min(1.0, SAMPLE_ROWS / max(column.n, 1))
    sample = store.query("overview_sample", {"share": share}, signal=column.name)
    sources = np.array(sample["source"].to_pylist(), dtype=object)
    margins = sample["margin"].to_numpy()
    run_id = column.run_id or column.name
    return tuple(
        _noise_row(run_id, str(source), margins[sources == source]) for source in np.unique(sources)
    )


def _noise_row(run_id: str, source: str, margins: Floats) -> NoiseRow:
    noise = noise_of(margins)
    interval = noise.interval if noise.rate is not None else None
    return NoiseRow(
        run_id=run_id,
        source=source,
        n=noise.n,
        rate=noise.rate,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        at_most=noise.at_most,
        reason=noise.reason,
    )


def mean_rate(rows: Sequence[NoiseRow]) -> float | None:
    """Return the rate over the sources where the margins tell one, weighted by rows."""
    told = [(row.rate, row.n) for row in rows if row.rate is not None]
    return sum(rate * n for rate, n in told) / sum(n for _, n in told) if told else None


def noise_range(rows: Sequence[NoiseRow]) -> tuple[float, float] | None:
    """Return from where to where the 95 % intervals of the rates reach, None when none is told."""
    lows = [row.low for row in rows if row.low is not None]
    highs = [row.high for row in rows if row.high is not None]
    return (min(lows), max(highs)) if lows and highs else None


def clean_equivalent(rows: int, noise: tuple[float, float] | None) -> tuple[int, int] | None:
    """Return n_eff = n·(1 − 2e)² at both ends of a noise range, lowest first.

    The error of a model trained on n labels with a share e reversed goes as √(d/n)/(1 − 2e), so
    they are worth n_eff clean ones. Source: Chowdhury et al. 2024, arXiv:2403.00409.
    """
    if noise is None:
        return None
    worth = sorted(round(rows * (1 - 2 * rate) ** 2) for rate in noise)
    return worth[0], worth[1]
