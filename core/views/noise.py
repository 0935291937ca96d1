"""How many labels are reversed, as the shape of each run's margins tells: a range."""

from __future__ import annotations

from collections.abc import Sequence

from core.schema import NoiseRow


def mean_rate(rows: Sequence[NoiseRow], run_id: str) -> float | None:
    """Return a run's rate over the sources where its margins tell one, weighted by rows."""
    told = [(row.rate, row.n) for row in rows if row.run_id == run_id and row.rate is not None]
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
