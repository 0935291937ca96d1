"""Agreement beyond chance, of two raters or of many."""

from __future__ import annotations

import numpy as np

from core.schema import Bools, Floats, Ints


def cohen_kappa(first: Bools, second: Bools) -> float | None:
    """Return (observed − expected) / (1 − expected) agreement of two raters, shape (n,) each.

    1 perfect, 0 chance. None without rows and where chance alone agrees always.
    Source: Cohen 1960.
    """
    if not len(first):
        return None
    observed = float((first == second).mean())
    one, other = float(first.mean()), float(second.mean())
    expected = one * other + (1 - one) * (1 - other)
    return (observed - expected) / (1 - expected) if expected < 1 else None


def krippendorff_alpha(unit: Ints, value: Ints) -> float | None:
    """Return Krippendorff's alpha for nominal values; `unit` and `value` of each vote, shape (n,).

    1 − observed/expected disagreement over units with two votes or more: 1 perfect, 0 chance. None
    where no two votes meet or all votes are alike, when agreement by chance is certain.
    Source: Krippendorff 1970.
    """
    _, unit_at, sizes = np.unique(unit, return_inverse=True, return_counts=True)
    paired = sizes[unit_at] > 1
    kinds, value_at = np.unique(value[paired], return_inverse=True)
    n = int(paired.sum())
    of_kind = np.bincount(value_at, minlength=len(kinds)).astype(np.float64)
    expected = (n**2 - (of_kind**2).sum()) / max(n - 1, 1)
    if expected <= 0:
        return None
    cell, votes = np.unique(unit_at[paired] * len(kinds) + value_at, return_counts=True)
    # Per unit: ordered pairs of unlike votes, each vote of m counted with 1/(m − 1).
    alike = np.bincount(
        cell // len(kinds), weights=votes.astype(np.float64) ** 2, minlength=len(sizes)
    )
    unlike: Floats = (sizes**2 - alike)[sizes > 1] / (sizes - 1)[sizes > 1]
    return float(1 - unlike.sum() / expected)
