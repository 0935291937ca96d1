"""From evidence to logits, learned from gold: how much a unit says, and how many labels are wrong.

With x the evidence for a label, a slope kappa and a share e of reversed labels, gold calls a label
right with P = sigmoid(logit(1−e) + kappa·x), however somebody chose by x what to audit. All rows
together are on their side of x with (1−e)·sigmoid(kappa·x) + e·sigmoid(−kappa·x), as in RE-PO. That
counts as much as gold and no more, so that many rows whose evidence is no true logit do not outvote
the answers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.schema import Floats
from core.signals.logistic import softplus
from core.signals.wilson import Z90

ENOUGH = 100
"""Gold answers of a source below which its evidence is not called calibrated."""
_GROUPS = 96
_GRID = 41
_ZOOMS = 3
_SLOPES = (-5.0, 3.5)
"""ln of the least and the largest slope, per deviation of the evidence."""
_RATES = (-6.9, 6.9)
"""logit of the least and the largest noise rate: 0.1 and 99.9 %."""
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


@dataclass(frozen=True)
class Beside:
    """Gold on other rows of the same source: it tells of the slope, and not of this noise."""

    evidence: Floats
    right: Floats
    prior: float
    """Logits that a label there is right."""


def calibrate(evidence: Floats, right: Floats, beside: Beside | None = None) -> Calibration | None:
    """Fit slope and noise rate to evidence and gold, shapes (n,): right is 1, 0 or NaN.

    None with fewer than 100 gold answers in all, or where evidence does not vary.

    Source: Platt 1999 (scale), Cao et al. 2026, arXiv:2509.24159 (noise), Wilks 1938 (interval).
    """
    known = np.isfinite(evidence)
    x, y = evidence[known], right[known]
    gold = np.isfinite(y)
    terms = [_answers(x, y, None)]
    if beside is not None:
        terms.append(_answers(beside.evidence, beside.right, beside.prior))
    n = sum(term.n for term in terms)
    size = float(np.sqrt(np.mean(x**2))) if len(x) else 0.0
    if n < ENOUGH or not size > 0:
        return None
    model = _Likelihood(_grouped(x, min(1.0, n / len(x))), tuple(terms))
    return _fit(model, size, int(gold.sum()))


def slope_at(evidence: Floats, rate: float) -> float:
    """Return the likeliest slope of evidence, shape (n,), whose labels are reversed at `rate`.

    That of the signs of x alone, whatever the shape of |x|; 0 where there is no evidence. A row of
    usual size is added on each side (Laplace): agreement without exception is not certainty.
    """
    size = float(np.sqrt(np.mean(evidence**2))) if len(evidence) else 0.0
    if not size > 0:
        return 0.0
    rows = np.append(evidence, (size, -size))
    model, at = _Likelihood(_grouped(rows), ()), np.array([np.log(rate / (1 - rate))])
    slopes = np.linspace(*_SLOPES, _GRID) - np.log(size)
    for _ in range(_ZOOMS):
        best = float(slopes[int(np.argmax(model.at(slopes, at)[:, 0]))])
        slopes = best + _step(slopes)
    return float(np.exp(best))


@dataclass(frozen=True)
class _Groups:
    """Sorted values; neighbours of a long list stand as their mean."""

    value: Floats
    weight: Floats


def _grouped(values: Floats, each: float = 1.0) -> _Groups:
    if not len(values):
        return _Groups(values, np.empty(0))
    edges = np.linspace(0, len(values), min(len(values), _GROUPS) + 1).astype(np.int64)
    sizes = np.diff(edges)
    return _Groups(np.add.reduceat(np.sort(values), edges[:-1]) / sizes, each * sizes)


@dataclass(frozen=True)
class _Answers:
    """Gold beside evidence; `prior` is None where it is what is looked for."""

    right: _Groups
    wrong: _Groups
    prior: float | None
    n: int


def _answers(evidence: Floats, right: Floats, prior: float | None) -> _Answers:
    said = [evidence[np.isfinite(evidence) & (right == answer)] for answer in (1, 0)]
    return _Answers(_grouped(said[0]), _grouped(said[1]), prior, len(said[0]) + len(said[1]))


@dataclass(frozen=True)
class _Likelihood:
    every: _Groups
    answers: tuple[_Answers, ...]

    def at(self, log_slope: Floats, rate_logit: Floats) -> Floats:
        """Return nats at every slope (rows) and noise rate (columns)."""
        slope, noise = np.exp(log_slope)[:, None, None], rate_logit[None, :, None]
        z = slope * self.every.value
        # ln((1−e)·sigmoid(z) + e·sigmoid(−z)), z = slope·x
        mixed = np.logaddexp(-softplus(noise) - softplus(-z), -softplus(-noise) - softplus(z))
        total = mixed @ self.every.weight
        for told in self.answers:
            prior = -noise if told.prior is None else np.full((1, 1, 1), told.prior)
            total = total - softplus(-prior - slope * told.right.value) @ told.right.weight
            total = total - softplus(prior + slope * told.wrong.value) @ told.wrong.weight
        return np.asarray(total, np.float64)

    def by_rate(self, slope: float, rates: Floats) -> Floats:
        """Return nats at each rate with its best slope, near `slope`."""
        return _peaks(self.at(slope + np.linspace(-1, 1, _GRID), rates))

    def by_slope(self, rate: float, slopes: Floats) -> Floats:
        """Return nats at each slope with its best rate, near `rate`."""
        return _peaks(self.at(slopes, rate + np.linspace(-1, 1, _GRID)).T)


def _peaks(nats: Floats) -> Floats:
    """Return the top of each column, between grid points by the parabola through three."""
    i = np.clip(nats.argmax(0), 1, len(nats) - 2)
    below, at, above = (np.take_along_axis(nats, (i + d)[None], 0)[0] for d in (-1, 0, 1))
    bend = below - 2 * at + above
    with np.errstate(divide="ignore", invalid="ignore"):
        peak = at - np.where(bend < 0, (below - above) ** 2 / (8 * bend), 0.0)
    return np.asarray(np.maximum(np.where(np.isfinite(peak), peak, at), nats.max(0)), np.float64)


def _fit(model: _Likelihood, size: float, n: int) -> Calibration:
    lowest, highest = (bound - float(np.log(size)) for bound in _SLOPES)
    slopes, rates = np.linspace(lowest, highest, _GRID), np.linspace(*_RATES, _GRID)
    for _ in range(_ZOOMS):
        nats = model.at(slopes, rates)
        i, j = np.unravel_index(int(np.argmax(nats)), nats.shape)
        slope, rate, best = float(slopes[i]), float(rates[j]), float(nats[i, j])
        slopes, rates = slope + _step(slopes), np.clip(rate + _step(rates), *_RATES)
    likely = best - _HALF_CHI_SQUARE
    low, high = (
        _furthest(lambda at: model.by_rate(slope, at) - likely, rate, end) for end in _RATES
    )
    least, most = (
        _furthest(lambda at: model.by_slope(rate, at) - likely, slope, end)
        for end in (lowest, highest)
    )
    return Calibration(
        slope=float(np.exp(slope)),
        doubt=(most - least) / (2 * Z90),
        rate=_share(rate),
        # The ends of the grid stand for all and none.
        low=0.0 if low == _RATES[0] else _share(low),
        high=1.0 if high == _RATES[1] else _share(high),
        n=n,
    )


def _step(grid: Floats) -> Floats:
    """Return a finer grid around 0 that reaches over the neighbours."""
    reach = 1.5 * float(grid[1] - grid[0])
    return np.linspace(-reach, reach, _GRID)


def _furthest(above: Callable[[Floats], Floats], near: float, end: float) -> float:
    """Return the last value on the way to `end` where `above` is not below 0, looked for twice."""
    for _ in range(2):
        values = np.linspace(near, end, _GRID)
        found = np.flatnonzero(above(values) >= 0)
        last = int(found[-1]) if len(found) else 0
        if last == _GRID - 1:
            return end
        near, end = float(values[last]), float(values[last + 1])
    return near


def _share(logit: float) -> float:
    return float(1 / (1 + np.exp(-logit)))
