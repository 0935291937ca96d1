"""What one pair costs and how hard it pulls under DPO's relatives: calculator values, not stored.

h is the implicit margin in nats, positive where the policy agrees with the label; e the assumed
share of reversed labels.
"""

from __future__ import annotations

import numpy as np

from core.schema import Floats
from core.signals.logistic import sigmoid, softplus


def dpo_loss(h: Floats) -> Floats:
    """Return −ln sigmoid(h) in nats, shape of h. Source: Rafailov et al. 2023, arXiv:2305.18290."""
    return softplus(-h)


def cdpo_loss(h: Floats, e: float) -> Floats:
    """Return (1−e)·L(h) + e·L(−h) in nats, shape of h, 0 ≤ e ≤ 1/2. Source: Mitchell 2023."""
    _check(e, most=0.5)
    return (1 - e) * dpo_loss(h) + e * dpo_loss(-h)


def rdpo_loss(h: Floats, e: float) -> Floats:
    """Return ((1−e)·L(h) − e·L(−h)) / (1−2e) in nats, shape of h, 0 ≤ e < 1/2; may be negative.

    Source: Chowdhury et al. 2024, arXiv:2403.00409; TRL's loss `robust`.
    """
    _check_below_half(e)
    return ((1 - e) * dpo_loss(h) - e * dpo_loss(-h)) / (1 - 2 * e)


def dpo_weight(h: Floats) -> Floats:
    """Return zeta = sigmoid(−h), in (0, 1): loss gradient = −beta·zeta·gradient of D_w − D_l."""
    return sigmoid(-h)


def cdpo_weight(h: Floats, e: float) -> Floats:
    """Return (1−e)·sigmoid(−h) − e·sigmoid(h): 0 at the stationary margin, negative beyond."""
    _check(e, most=0.5)
    return (1 - e) * sigmoid(-h) - e * sigmoid(h)


def rdpo_weight(h: Floats, e: float) -> Floats:
    """Return ((1−e)·sigmoid(−h) + e·sigmoid(h)) / (1−2e): always above 0, e/(1−2e) for large h."""
    _check_below_half(e)
    return ((1 - e) * sigmoid(-h) + e * sigmoid(h)) / (1 - 2 * e)


def stationary_margin(e: float) -> float | None:
    """Return ln((1−e)/e) in nats, where cDPO stops pulling; None for e = 0, where it never does."""
    _check(e, most=0.5)
    return float(np.log1p(-e) - np.log(e)) if e > 0 else None


def clean_equivalent(n: float, e: float) -> float:
    """Return n·(1−2e)²: as many clean pairs give the same error.

    From the bound sqrt(d/n) / (1−2e) of Chowdhury et al. 2024, arXiv:2403.00409.
    """
    _check(e, most=0.5)
    return n * (1 - 2 * e) ** 2


def drdpo_weights(losses: Floats, b: float = 1.0) -> Floats:
    """Return exp(−L_i/b) / sum, shape (n,), summing to 1: high losses count less.

    NaN where a loss is unknown. Source: Wu et al. 2024 (Dr.DPO), the loss −b·ln mean exp(−L/b).
    """
    known = np.isfinite(losses)
    lowest = losses[known].min(initial=np.inf)
    raw = np.exp((lowest - np.where(known, losses, np.inf)) / b) if known.any() else losses
    return np.where(known, raw / max(float(raw[known].sum()), 1.0), np.nan)


def fadpo_weight(p: Floats, e: Floats | float) -> Floats:
    """Return (1−2e)·p(1−p) / ((1−e)p + e(1−p)), shape of p: gradient weight of a pair's own e.

    p = sigmoid(h). 0 at e = 1/2, negative beyond: the pair is taken as reversed. NaN where p and e
    rule the label out (0/0). Source: FA-DPO, AAAI 2026, arXiv:2512.00709.
    """
    mixed = (1 - e) * p + e * (1 - p)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = (1 - 2 * np.asarray(e)) * p * (1 - p) / mixed
    return np.where(mixed > 0, weight, np.nan)


def gaussian_keep(gap: Floats, centre: float, spread: float) -> Floats:
    """Return exp(−((gap − centre)/spread)²/2), in [0, 1], shape of gap: chance to stay in a batch.

    gap = D_w − D_l in nats, without beta. Source: beta-DPO (Wu et al. 2024, authors' code).
    """
    if not spread > 0:
        raise ValueError(f"a spread is above 0, not {spread!r}")
    with np.errstate(over="ignore"):
        return np.exp(-(((gap - centre) / spread) ** 2) / 2)


def _check(e: float, most: float) -> None:
    if not 0 <= e <= most:
        raise ValueError(f"a share of reversed labels is 0 to {most:g}, not {e!r}")


def _check_below_half(e: float) -> None:
    if not 0 <= e < 0.5:
        raise ValueError(f"rDPO needs a share of reversed labels below 0.5, not {e!r}")
