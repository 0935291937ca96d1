"""Logistic regression with a ridge, by Newton's method: for few columns and any number of rows."""

from __future__ import annotations

import numpy as np

from core.schema import Floats
from core.signals.logistic import sigmoid, softplus

_ROUNDS = 50
_TOLERANCE = 1e-10


def ridge_logistic(x: Floats, target: Floats, ridge: Floats) -> Floats:
    """Return the w that minimises Σ softplus(s) − t·s + ½ Σ ridge·w² with s = x·w.

    Shapes (n, k), (n,), (k,) → (k,). `target` is in [0,1]; `ridge` must be above 0 where a column
    of x may be constant, a sum of others, or part the targets.
    """
    w = np.zeros(x.shape[1])
    best = _loss(x, target, ridge, w)
    for _ in range(_ROUNDS):
        p = sigmoid(x @ w)
        slope = x.T @ (p - target) + ridge * w
        curve = (x * (p * (1 - p))[:, None]).T @ x + np.diag(ridge)
        step = np.linalg.lstsq(curve, slope, rcond=None)[0]
        while (loss := _loss(x, target, ridge, w - step)) > best and np.abs(
            step
        ).max() > _TOLERANCE:
            step = step / 2
        if not loss < best or np.abs(step).max() < _TOLERANCE:
            break
        w, best = w - step, loss
    return w


def _loss(x: Floats, target: Floats, ridge: Floats, w: Floats) -> float:
    s = x @ w
    return float((softplus(s) - target * s).sum() + (ridge * w * w).sum() / 2)
