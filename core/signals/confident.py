"""Confident learning: rows whose other side is as probable as that side's labels usually are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.schema import Bools, Floats

_COIN = 0.45
"""Errors of a model from which on its flags tell nothing."""


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


def noise_of_confident(p: Floats) -> float | None:
    """Return the noise rate of confident learning less the errors of the model itself, in [0, 1].

    p as above, calibrated. Of the rows with a likely side a model would flag a share b if all
    labels were right: the mean of 1 − max(p, 1−p). Flags then stand for e(1−b) + (1−e)b of them, so
    e = (flagged − b) / (1 − 2b). None where no side is likely, or the model is next to a coin.
    Source: Rogan and Gladen 1978 (prevalence from a test that errs).
    """
    found = confident_learning(p)
    if found.rate is None or found.threshold is None:
        return None
    sure = np.maximum(p, 1 - p)
    likely = np.isfinite(p) & (sure >= found.threshold)
    own = float((1 - sure[likely]).mean())
    if own > _COIN:
        return None
    return float(np.clip((found.rate - own) / (1 - 2 * own), 0.0, 1.0))
