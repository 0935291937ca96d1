"""The logistic function and its kin, without overflow; NaN stays NaN."""

from __future__ import annotations

import numpy as np

from core.schema import Floats


def sigmoid(x: Floats) -> Floats:
    """Return 1/(1 + e^−x), shape of x; small values keep their digits, so ranks last."""
    with np.errstate(invalid="ignore"):
        return np.exp(-np.logaddexp(0.0, -x))


def softplus(x: Floats) -> Floats:
    """Return ln(1 + e^x), shape of x: −ln sigmoid(−x)."""
    with np.errstate(invalid="ignore"):
        return np.logaddexp(0.0, x)


def logit(p: Floats) -> Floats:
    """Return ln(p / (1 − p)), shape of p; infinite at 0 and 1, for the caller to bound."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(p) - np.log1p(-p)
