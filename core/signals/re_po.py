"""RE-PO (first titled LCPO): is a label right, given a probability and who gave the label."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.schema import Floats, Ints
from core.signals.mixture import Interval

START = 0.9
"""The authors' first guess of a reliability."""

_ROUNDS = 100
_TOLERANCE = 1e-10
_SURE = 1e-9
"""Probabilities stay this far from 0 and 1: no annotator can overrule certainty."""
_GROUPS = 256
_DRAWS = 400


@dataclass(frozen=True)
class Reliability:
    """How far each annotator's labels can be trusted."""

    eta: Floats
    """P(label right) per annotator, shape (k,); NaN where none of their rows tells anything."""
    n: Ints
    """Labels with a known p per annotator, shape (k,)."""
    q: Floats
    """P(label right) per row, shape (n,)."""


def posterior(p: Floats, eta: Floats | float) -> Floats:
    """Return q = p·eta / (p·eta + (1−p)(1−eta)), shape of p: P(label right), the E-step.

    p: calibrated probability that the stored chosen is better; eta: P(the annotator's label is
    right). In logits q is p shifted by eta. NaN where both are certain and differ.
    Source: Cao et al., ICLR 2026, arXiv:2509.24159.
    """
    right = p * eta
    either = right + (1 - p) * (1 - np.asarray(eta))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(either > 0, right / either, np.nan)


def reliability(p: Floats, annotator: Ints | None = None) -> Reliability:
    """Return the fixed point of E- and M-step, eta_k = mean of q over annotator k's labels.

    p, shape (n,): calibrated probability that the stored chosen is better, NaN unknown.
    annotator, shape (n,): index 0 … k−1; None is one annotator for all. p that is too timid hides
    the noise, p that is too bold overstates it: calibrate first. The log-likelihood
    sum ln(eta·p + (1−eta)(1−p)) is concave in each eta, so the fixed point is the only maximum and
    Newton's method finds it in a few rounds where EM takes hundreds.

    Source: Cao et al., ICLR 2026, arXiv:2509.24159.
    """
    who = np.zeros(len(p), np.int64) if annotator is None else annotator
    k = int(who.max(initial=0)) + 1
    rows = np.flatnonzero(np.isfinite(p))
    lean, rest = _parts(p[rows])
    of = who[rows]

    def slopes(eta: Floats) -> tuple[Floats, Floats]:
        slope = lean / (eta[of] * lean + rest)
        return _sums(of, slope, k), _sums(of, slope**2, k)

    eta = np.where(_sums(of, lean**2, k) > 0, _climb(slopes, k), np.nan)
    return Reliability(eta, np.bincount(of, minlength=k), posterior(p, eta[who]))


def reliability_interval(
    p: Floats, level: float = 0.9, draws: int = _DRAWS, seed: int = 0
) -> Interval | None:
    """Return the bootstrap percentile interval of one annotator's eta; None with under two rows.

    Rows are drawn with replacement; of more than 256 p the draws see means of neighbours.
    Source: Efron 1979.
    """
    known = np.sort(p[np.isfinite(p)])
    if len(known) < 2 or not (known != 0.5).any():
        return None
    edges = np.linspace(0, len(known), min(len(known), _GROUPS) + 1).astype(np.int64)
    sizes = np.diff(edges)
    lean, rest = _parts(np.add.reduceat(known, edges[:-1]) / sizes)
    counts = np.random.default_rng(seed).multinomial(len(known), sizes / len(known), draws)

    def slopes(eta: Floats) -> tuple[Floats, Floats]:
        slope = lean / (eta[:, None] * lean + rest)
        return (counts * slope).sum(1), (counts * slope**2).sum(1)

    tail = (1 - level) / 2
    low, high = np.quantile(_climb(slopes, draws), (tail, 1 - tail))
    return Interval(float(low), float(high))


def _sums(of: Ints, values: Floats, k: int) -> Floats:
    return np.asarray(np.bincount(of, values, k), np.float64)


def _parts(p: Floats) -> tuple[Floats, Floats]:
    """Return 2p − 1 and 1 − p: the likelihood of a label is eta·(2p − 1) + (1 − p)."""
    bounded = np.clip(p, _SURE, 1 - _SURE)
    return 2 * bounded - 1, 1 - bounded


def _climb(slopes: Callable[[Floats], tuple[Floats, Floats]], k: int) -> Floats:
    """Return k maxima in [0, 1] by Newton steps, halving the bracket where one leaves it."""
    low, high, eta = np.zeros(k), np.ones(k), np.full(k, START)
    for _ in range(_ROUNDS):
        first, second = slopes(eta)
        low, high = np.where(first > 0, eta, low), np.where(first > 0, high, eta)
        step = eta + first / np.maximum(second, 1e-300)
        moved = np.where((low <= step) & (step <= high), step, (low + high) / 2)
        still = np.abs(moved - eta).max(initial=0.0) <= _TOLERANCE
        eta = moved
        if still:
            break
    return eta
