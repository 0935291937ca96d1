"""FA-DPO: how likely a label is reversed, from features of the pair and audited rows.

Functions only; nothing is stored. `losses.fadpo_weight` says what it does to training.
Source: FA-DPO, AAAI 2026, arXiv:2512.00709.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.schema import Floats
from core.signals.logistic import sigmoid
from core.signals.ridge import ridge_logistic

FEWEST = 200
"""Audited rows without which no prior is fitted."""
_RIDGE = 1.0


@dataclass(frozen=True)
class FlipPrior:
    """P(label wrong | features), or why there is none."""

    weights: Floats
    """Logits per deviation of each feature, shape (k,)."""
    intercept: float
    mean: Floats
    scale: Floats
    """Population deviation of each feature over the audited rows; 0 for a constant one."""
    n: int
    """Audited rows with all features."""
    reason: str = ""
    """Why there is no prior, a sentence; empty when there is one."""

    def probability(self, features: Floats) -> Floats:
        """Return e, shape (n, k) → (n,); NaN where a feature is unknown or there is no prior."""
        if self.reason:
            return np.full(len(features), np.nan)
        unit = np.divide(1.0, self.scale, out=np.zeros_like(self.scale), where=self.scale > 0)
        return sigmoid((features - self.mean) * unit @ self.weights + self.intercept)


def flip_prior(features: Floats, wrong: Floats) -> FlipPrior:
    """Fit P(label wrong) on audited rows: features (n, k), `wrong` (n,) 1, 0 or NaN not audited.

    A ridge logistic regression on standardised features, such as the differences in length and
    perplexity and the likeness of the answers. The intercept has no ridge. There is no prior with
    fewer than 200 audited rows, or where all of them are right or all wrong.
    """
    told = np.isfinite(wrong) & np.isfinite(features).all(axis=1)
    x, y = features[told], wrong[told]
    k, n = features.shape[1], len(y)
    if n < FEWEST:
        return _none(k, n, f"Not enough evidence: {n} audited rows, {FEWEST} are needed.")
    if y.min() == y.max():
        kind = "wrong" if y.max() else "right"
        return _none(k, n, f"Not enough evidence: all {n} audited labels are {kind}.")
    mean, scale = x.mean(axis=0), x.std(axis=0)
    scale = np.where(scale > 1e-9 * np.abs(mean), scale, 0.0)
    unit = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0)
    columns = np.column_stack([(x - mean) * unit, np.ones(n)])
    fitted = ridge_logistic(columns, y, np.append(np.full(k, _RIDGE), 1e-9))
    return FlipPrior(fitted[:-1], float(fitted[-1]), mean, scale, n)


def _none(k: int, n: int, reason: str) -> FlipPrior:
    return FlipPrior(np.zeros(k), 0.0, np.zeros(k), np.zeros(k), n, reason)
