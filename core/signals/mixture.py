"""Two mirrored Gaussians: how many labels are reversed, judged by the shape of a margin alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.schema import Bools, Floats
from core.signals.logistic import sigmoid

A_LOW, A_HIGH = 0.5, 0.99
"""Bounds of the clean share: at 0.5 labels say nothing, at 1 no row could be suspected at all."""

_GROUPS = 256
_ROUNDS = 1000
_TOLERANCE = 1e-8
_START_A = np.repeat([0.6, 0.8, 0.95], 3)
_START_MU = np.tile([0.3, 0.6, 0.9], 3)
_GRID = np.linspace(A_LOW, A_HIGH, 26)
_HALF_CHI_SQUARE = 1.92
"""Nats below the best within which a value is in the 95 % profile likelihood interval."""


@dataclass(frozen=True)
class MirroredFit:
    """a·N(mu, s²) + (1−a)·N(−mu, s²), in units of the margin."""

    a: float
    """Share of labels that are right; 1 − a is the noise rate."""
    mu: float
    """Mean margin of a right label, never negative."""
    s: float
    """Spread of the margin around ±mu."""
    n: int
    """Margins used."""
    iterations: int
    converged: bool
    log_likelihood: float
    """Nats, over all n margins."""

    def flipped(self, margins: Floats) -> Floats:
        """Return P(label reversed | margin) = (1−a)·N(m; −mu, s²) / mixture, shape (n,), in [0,1].

        Falls with the margin. Source: PerpCorrect (NeurIPS 2024), in our sign.
        """
        return sigmoid(np.log((1 - self.a) / self.a) - 2 * self.mu / self.s**2 * margins)

    @property
    def threshold(self) -> float:
        """Return the margin at which right and reversed are equally likely."""
        return float(-(self.s**2) * np.log(self.a / (1 - self.a)) / (2 * self.mu))


def fit_mirrored(margins: Floats, a: float | None = None) -> MirroredFit:
    """Fit two mirrored Gaussians to signed margins, shape (n,), by expectation maximisation.

    r = P(right | m); a = mean r; mu = mean((2r−1)·m); s² = mean(m²) − mu², the mean
    squared distance to ±mu. `a` given stays fixed. Margins that are not finite are left out; at
    least two must differ from 0 (ValueError). Deterministic: nine starts, the likeliest wins.
    a stays in [0.5, 0.99] and mu at 0 or above; both are exact constrained maxima, so the
    likelihood never falls. Of more than 256 margins the iterations see means of neighbours.

    Source: PerpCorrect (NeurIPS 2024), section 12.4 of the methods.
    """
    if a is not None and not 0 < a < 1:
        raise ValueError(f"a is a share between 0 and 1, not {a!r}")
    groups = _grouped(margins)
    starts = _START_A if a is None else np.full(len(_START_MU), a)
    climbed = _climb(groups, starts, _START_MU, free=a is None)
    best = int(np.argmax(climbed.log_likelihood))
    mu = float(climbed.mu[best])
    return MirroredFit(
        a=float(climbed.a[best]),
        mu=mu * groups.scale,
        s=float(np.sqrt(1 - mu**2)) * groups.scale,
        n=groups.n,
        iterations=climbed.rounds,
        converged=bool(climbed.still[best]),
        log_likelihood=float(climbed.log_likelihood[best]) - groups.n * float(np.log(groups.scale)),
    )


@dataclass(frozen=True)
class Interval:
    """From `low` to `high`, both included."""

    low: float
    high: float


def noise_interval(margins: Floats, fit: MirroredFit, within: float = _HALF_CHI_SQUARE) -> Interval:
    """Return the profile likelihood interval of the noise rate 1 − a, 95 % at 1.92 nats.

    All rates at which the best mu and s are at most `within` nats less likely than `fit`, rounded
    outwards to steps of 0.02 within the bounds of a. A flat likelihood gives nearly all of them.
    Source: Wilks 1938.
    """
    groups = _grouped(margins)
    best = fit.log_likelihood + groups.n * np.log(groups.scale)
    start = np.full(len(_GRID), fit.mu / groups.scale)
    profile = _climb(groups, _GRID, start, free=False).log_likelihood
    inside = np.append(_GRID[profile >= best - within], fit.a)
    below = _GRID[inside.min() > _GRID]
    above = _GRID[inside.max() < _GRID]
    return Interval(1 - float(min(above, default=A_HIGH)), 1 - float(max(below, default=A_LOW)))


@dataclass(frozen=True)
class _Groups:
    """Margins of mean square 1; neighbours of a long sorted list stand as their mean."""

    margin: Floats
    weight: Floats
    """Sums to 1."""
    n: int
    scale: float
    """Root mean square of the margins as given."""


def _grouped(margins: Floats) -> _Groups:
    known = np.sort(margins[np.isfinite(margins)])
    n = len(known)
    if np.count_nonzero(known) < 2:
        raise ValueError("the fit needs at least two margins that are not 0")
    largest = float(np.abs(known).max())
    scale = largest * float(np.sqrt(np.mean((known / largest) ** 2)))
    edges = np.linspace(0, n, min(n, _GROUPS) + 1).astype(np.int64)
    sizes = np.diff(edges)
    return _Groups(np.add.reduceat(known / scale, edges[:-1]) / sizes, sizes / n, n, scale)


@dataclass(frozen=True)
class _Climbed:
    """Where each of k starts ended, shape (k,)."""

    a: Floats
    mu: Floats
    still: Bools
    """It stopped moving before the rounds were over."""
    log_likelihood: Floats
    rounds: int


def _climb(groups: _Groups, a: Floats, mu: Floats, free: bool) -> _Climbed:
    """Iterate from k starts at once until they stand still; `free` moves a too."""
    rounds, still = 0, np.zeros(len(a), np.bool_)
    while not still.all() and rounds < _ROUNDS:
        # 2r − 1 = tanh(logit(a)/2 + mu·m/s²), with s² = 1 − mu² as the mean square is 1.
        slope = mu / (1 - mu**2)
        sure = np.tanh((np.log(a / (1 - a)) / 2)[:, None] + slope[:, None] * groups.margin)
        new_a = np.clip((1 + sure @ groups.weight) / 2, A_LOW, A_HIGH) if free else a
        new_mu = np.clip(sure @ (groups.margin * groups.weight), 0.0, 1 - 1e-6)
        still = np.abs(new_a - a) + np.abs(new_mu - mu) <= _TOLERANCE
        a, mu, rounds = new_a, new_mu, rounds + 1
    return _Climbed(a, mu, still, _log_likelihood(groups, a, mu), rounds)


def _log_likelihood(groups: _Groups, a: Floats, mu: Floats) -> Floats:
    square = 1 - mu**2
    tilt = (mu / square)[:, None] * groups.margin
    mixed = np.logaddexp(np.log(a)[:, None] + tilt, np.log(1 - a)[:, None] - tilt) @ groups.weight
    constant = np.log(2 * np.pi * square) / 2 + (1 + mu**2) / (2 * square)
    return np.asarray(groups.n * (mixed - constant), np.float64)
