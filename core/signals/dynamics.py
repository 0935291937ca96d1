"""Training dynamics: how a small model's view of a pair moved over epochs, and what a peer says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.schema import Floats, Ints

CLEAN, AMBIGUOUS, SUSPECT, OTHER = range(4)
"""Regions of a data map."""


@dataclass(frozen=True)
class DataMap:
    """Per row, shape (n,) each; NaN where an epoch is unknown."""

    confidence: Floats
    """Mean probability of the stored label, in [0, 1]."""
    variability: Floats
    """Population deviation of it over epochs."""
    correctness: Floats
    """Share of epochs with a probability above a half."""
    forgotten: Floats
    """Times it went from right to wrong, 0 … epochs − 1."""
    loss_mean: Floats
    """Mean of −ln p over epochs, nats."""
    loss_std: Floats
    """Population deviation of −ln p over epochs, nats."""


def data_map(p: Floats) -> DataMap:
    """Return the data map of p, shape (n, epochs): probability of the stored label per epoch.

    Source: Swayamdipta et al. 2020; forgetting: Toneva et al. 2019. A p of 0 costs as much as the
    smallest float, so losses stay finite.
    """
    right = p > 0.5
    loss = -np.log(np.maximum(p, np.finfo(np.float64).tiny))
    known = np.isfinite(p).all(1)
    columns = (
        p.mean(1),
        p.std(1),
        right.mean(1),
        (right[:, :-1] & ~right[:, 1:]).sum(1),
        loss.mean(1),
        loss.std(1),
    )
    return DataMap(*(np.where(known, column, np.nan) for column in columns))


def aum(margins: Floats) -> Floats:
    """Return the mean margin over epochs, shape (n, epochs) → (n,). Source: Pleiss et al. 2020."""
    return np.asarray(margins.mean(1), np.float64)


def regions(
    confidence: Floats,
    variability: Floats,
    sure: float = 0.7,
    doubtful: float = 0.3,
    steady: float = 0.15,
) -> Ints:
    """Return CLEAN, AMBIGUOUS, SUSPECT or OTHER per row, shape (n,).

    Clean: confidence ≥ 0.7 and deviation ≤ 0.15; suspect: confidence ≤ 0.3 and deviation ≤ 0.15;
    ambiguous: deviation above 0.15; other: in between, or unknown. The bounds are ours (methods 6).
    """
    with np.errstate(invalid="ignore"):
        still = variability <= steady
        cases = [
            still & (confidence >= sure),
            still & (confidence <= doubtful),
            variability > steady,
        ]
    return np.select(cases, [CLEAN, SUSPECT, AMBIGUOUS], OTHER).astype(np.int64)


def peers_agreeing(first: Floats, second: Floats) -> Floats:
    """Return how many of two peers have a margin above 0, shape (n,): 0 flip, 1 ask, 2 keep.

    Margins of two models that never saw the row, such as two halves. NaN where one is unknown.
    Ours, from the idea of CRM, Zhang et al. 2025, arXiv:2505.10597.
    """
    votes = (first > 0) * 1.0 + (second > 0)
    return np.where(np.isfinite(first) & np.isfinite(second), votes, np.nan)
