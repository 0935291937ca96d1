"""From evidence to logits, learned from gold: how much a unit says, and how many labels are wrong.

With x the evidence for a label, a slope kappa and a share e of reversed labels, a label is right
and on the side of x with (1−e)·sigmoid(kappa·x), reversed and there with e·sigmoid(−kappa·x). Rows
with gold tell which of the two happened, all others only their sum: RE-PO's likelihood, with
Platt's scale fitted in the same step. It stays right when somebody chose by the evidence what to
audit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.schema import Bools, Floats, Ints
from core.signals.logistic import softplus

ENOUGH = 100
"""Gold answers of a source below which its evidence is not called calibrated."""
_GROUPS = 128
_GRID = 41
_ZOOMS = 3
_SLOPES = (-5.0, 3.5)
"""ln of the least and the largest slope, per deviation of the evidence."""
_RATES = (-6.9, 6.9)
"""logit of the least and the largest noise rate: 0.1 and 99.9 %."""
_Z = 1.644854
_HALF_CHI_SQUARE = 1.3528
"""Nats below the best within which a value is in the 90 % profile likelihood interval."""


@dataclass(frozen=True)
class Calibration:
    """logit P(label right | evidence) = prior + slope·evidence."""

    slope: float
    """Logits per unit of evidence, above 0."""
    doubt: float
    """Standard error of the slope, as a share of it."""
    rate: float
    """Share of reversed labels."""
    low: float
    high: float
    """90 % profile likelihood interval of the rate."""
    n: int
    """Gold answers beside evidence."""

    @property
    def prior(self) -> float:
        """Return logit(1 − rate)."""
        return float(np.log((1 - self.rate) / self.rate))


def calibrate(
    evidence: Floats, right: Floats, beside: tuple[Floats, Floats] | None = None
) -> Calibration | None:
    """Fit slope and noise rate to evidence and gold, shapes (n,): right is 1, 0 or NaN.

    `beside`: evidence and gold of further rows, whose noise may be another and which tell of the
    slope alone. None with fewer than 100 gold answers in all, or where evidence does not vary.

    Source: Platt 1999 (scale), Cao et al. 2026, arXiv:2509.24159 (noise), Wilks 1938 (interval).
    """
    known = np.isfinite(evidence)
    x, y = evidence[known], right[known]
    gold = np.isfinite(y)
    others = _truth(*beside) if beside is not None else np.empty(0)
    size = float(np.sqrt(np.mean(x**2))) if len(x) else 0.0
    if gold.sum() + len(others) < ENOUGH or not size > 0:
        return None
    toward = np.append(_truth(x[gold], y[gold]), others) / size
    model = _Likelihood(
        toward=_grouped(toward),
        unknown=_grouped(x[~gold] / size),
        right=int((y[gold] == 1).sum()),
        wrong=int((y[gold] == 0).sum()),
    )
    return _fit(model, size, int(gold.sum()))


def _truth(evidence: Floats, right: Floats) -> Floats:
    """Return evidence turned towards the answer that gold names."""
    known = np.isfinite(evidence) & np.isfinite(right)
    return np.asarray(np.where(right == 1, evidence, -evidence)[known], np.float64)


@dataclass(frozen=True)
class _Groups:
    """Sorted values; neighbours of a long list stand as their mean."""

    value: Floats
    size: Ints


def _grouped(values: Floats) -> _Groups:
    if not len(values):
        return _Groups(values, np.empty(0, np.int64))
    edges = np.linspace(0, len(values), min(len(values), _GROUPS) + 1).astype(np.int64)
    sizes = np.diff(edges)
    return _Groups(np.add.reduceat(np.sort(values), edges[:-1]) / sizes, sizes)


@dataclass(frozen=True)
class _Likelihood:
    toward: _Groups
    unknown: _Groups
    right: int
    wrong: int

    def at(self, log_slope: Floats, rate_logit: Floats) -> Floats:
        """Return nats at every slope (rows) and noise rate (columns)."""
        slope = np.exp(log_slope)[:, None]
        scale = -(softplus(-slope * self.toward.value) @ self.toward.size)
        chance = -self.right * softplus(rate_logit) - self.wrong * softplus(-rate_logit)
        # ln((1−e)·sigmoid(z) + e·sigmoid(−z)), z = slope·x
        z = (slope * self.unknown.value)[:, None, :]
        for_it = -softplus(rate_logit)[None, :, None] - softplus(-z)
        against = -softplus(-rate_logit)[None, :, None] - softplus(z)
        return np.asarray(
            scale[:, None] + chance[None, :] + np.logaddexp(for_it, against) @ self.unknown.size,
            np.float64,
        )


def _fit(model: _Likelihood, size: float, n: int) -> Calibration:
    slopes, rates = np.linspace(*_SLOPES, _GRID), np.linspace(*_RATES, _GRID)
    for _ in range(_ZOOMS):
        nats = model.at(slopes, rates)
        i, j = np.unravel_index(int(np.argmax(nats)), nats.shape)
        slope, rate, best = float(slopes[i]), float(rates[j]), float(nats[i, j])
        slopes, rates = _around(slopes, slope, _SLOPES), _around(rates, rate, _RATES)
    every = np.append(np.linspace(*_SLOPES, _GRID), slope)
    likely = best - _HALF_CHI_SQUARE
    low, high = _ends(lambda at: model.at(every, at).max(0) >= likely, rate, _RATES)
    near = np.append(np.linspace(*_RATES, _GRID), rate)
    least, most = _ends(lambda at: model.at(at, near).max(1) >= likely, slope, _SLOPES)
    return Calibration(
        slope=float(np.exp(slope)) / size,
        doubt=(most - least) / (2 * _Z),
        rate=_share(rate),
        # The ends of the grid stand for all and none.
        low=0.0 if low == _RATES[0] else _share(low),
        high=1.0 if high == _RATES[1] else _share(high),
        n=n,
    )


def _around(grid: Floats, best: float, bounds: tuple[float, float]) -> Floats:
    """Return a grid of the steps beside `best`, within bounds."""
    step = 1.5 * float(grid[1] - grid[0])
    return np.linspace(max(best - step, bounds[0]), min(best + step, bounds[1]), _GRID)


def _ends(
    likely: Callable[[Floats], Bools], best: float, bounds: tuple[float, float]
) -> tuple[float, float]:
    """Return how far from `best` to both bounds a value is likely enough."""
    low, high = (_furthest(likely, best, bound) for bound in bounds)
    return low, high


def _furthest(likely: Callable[[Floats], Bools], near: float, end: float) -> float:
    """Return the last likely value on the way to `end`, looked for twice."""
    for _ in range(2):
        values = np.linspace(near, end, _GRID)
        found = np.flatnonzero(likely(values))
        last = int(found[-1]) if len(found) else 0
        if last == _GRID - 1:
            return end
        near, end = float(values[last]), float(values[last + 1])
    return near


def _share(logit: float) -> float:
    return float(1 / (1 + np.exp(-logit)))
