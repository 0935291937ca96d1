"""Which rows a preset keeps, from columns alone: indices of rows, ties broken by id."""

from __future__ import annotations

import numpy as np

from core.schema import Bools, Floats, Ints

SMALL_GAP, EASIEST, HIGH_AND_SURE = 0.1, 0.5, 1 / 3
"""The authors' shares: of the small implicit gap, of Selective DPO, of the alignment data map."""


def lowest(values: Floats, share: float, ids: Ints) -> Ints:
    """Return the floor(share·n) rows with the lowest known values, shape (n,), lowest first.

    Of |implicit margin| with 0.1: the small implicit gap (arXiv:2508.04149, methods 12.8). Of the
    held-out loss with 0.5: the easiest half, easy to hard (Selective DPO, arXiv:2502.09650, 12.9).
    """
    known = np.flatnonzero(np.isfinite(values))
    order = known[np.lexsort((ids[known], values[known]))]
    # The last digit of share·n is rounding: 0.29·100 is 28.999….
    return order[: int(share * len(known) + 1e-9)]


def middle_bands(columns: Floats, share: float) -> Bools:
    """Return which rows lie in the middle `share` of every column, (k, n) → (n,).

    Goldilocks: of a loss difference and an implicit margin, neither the lowest nor the highest
    (LossDiff-IRM, arXiv:2510.13212, methods 12.7). A row unknown in a column is not kept.
    """
    kept = np.isfinite(columns).all(0)
    for column in columns:
        known = column[np.isfinite(column)]
        if len(known):
            low, high = np.quantile(known, ((1 - share) / 2, (1 + share) / 2))
            with np.errstate(invalid="ignore"):
                kept &= (column >= low) & (column <= high)
    return np.asarray(kept, np.bool_)


def high_and_sure(mean: Floats, variance: Floats, share: float, ids: Ints) -> Ints:
    """Return the floor(share·n) rows that rank best in high mean and low variance together.

    The sum of both ranks decides. Source: alignment data map, arXiv:2505.23114 (methods 12.15).
    """
    known = np.flatnonzero(np.isfinite(mean) & np.isfinite(variance))
    ranks = np.zeros(len(known))
    for column in (-mean[known], variance[known]):
        _, place, n = np.unique(column, return_inverse=True, return_counts=True)
        ranks += (np.cumsum(n) - n / 2)[place]
    found = np.full(len(mean), np.nan)
    found[known] = ranks
    return lowest(found, share, ids)


def to_people(chance: Floats, n: int, seed: int, explore: float = 0.1) -> Ints:
    """Return up to n rows for people: the likeliest to be overturned, and a random tenth.

    chance: P(a person overturns the label), as `feature_prior.flip_prior` fits it on audits, shape
    (rows,). The random rows, of all known others, are what keeps estimates fair.
    Source: Hybrid preferences, arXiv:2410.19133 (methods 8.11); exploration is ours.
    """
    known = np.flatnonzero(np.isfinite(chance))
    n = min(n, len(known))
    random = round(explore * n)
    likely = known[np.argsort(-chance[known], kind="stable")]
    drawn = np.random.default_rng(seed).permutation(likely[n - random :])[:random]
    return np.concatenate([likely[: n - random], drawn])
