"""Confident learning: rows whose other side is as probable as that side's labels usually are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.schema import Bools, Floats


@dataclass(frozen=True)
class Confident:
    """What out-of-fold probabilities say about the labels."""

    threshold: float | None
    """Mean self-confidence: a side counts as likely from here on. None without rows."""
    flagged: Bools
    """The other side is likely and the labelled one is not likelier, shape (n,)."""
    rate: float | None
    """Flagged rows / rows with a likely side; None where no row has one."""


def confident_learning(p: Floats) -> Confident:
    """Judge labels by p = P(stored chosen is better), out of fold, shape (n,); NaN unknown.

    As chosen and rejected every row has the same class and the thresholds mean nothing, so the
    sides must be in random order. Here both orders of every row count, which is what random orders
    give on average, without the luck of a draw: then both classes have the threshold mean p, and
    noise is the off-diagonal share of the confident joint.

    Source: Northcutt et al. 2021, arXiv:1911.00068 (cleanlab's confident joint).
    """
    known = np.isfinite(p)
    if not known.any():
        return Confident(None, np.zeros(len(p), np.bool_), None)
    # The mean of equal numbers can come out above them by its last digit.
    threshold = float(min(p[known].mean(), p[known].max()))
    with np.errstate(invalid="ignore"):
        flagged = (1 - p >= threshold) & ((p < threshold) | (1 - p > p))
        likely = flagged | (p >= threshold)
    return Confident(threshold, flagged, float(flagged.sum() / likely.sum()))
