"""How many labels a margin says are reversed, and whether it can say so at all."""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, sqrt

import numpy as np

from core.schema import Floats
from core.signals.mixture import A_HIGH, Interval, MirroredFit, fit_mirrored, noise_interval
from core.signals.wilson import wilson_low

FEWEST = 50
"""Rows with a label and a margin below which nothing is said."""
_WIDEST = 0.2
"""An interval of the noise rate wider than this tells nothing."""
_APART = 0.8
"""Means of the bells closer to 0 than this share of their spread make one hump: the rate hangs on
its kurtosis, and on JudgeBench with 20 % flips it read 1 %."""
_MISFIT = 0.03
"""Largest distance between the margins' distribution and the fitted one, beyond chance."""


@dataclass(frozen=True)
class Noise:
    """What one set of margins says about its labels."""

    n: int
    """Rows with a label and a margin."""
    agreement: float | None
    """Share of margins above 0 among those that are not 0."""
    above_chance: bool
    """The agreement's Wilson 95 % interval and the mean margin lie above chance."""
    rate: float | None
    """Share of reversed labels, where the shape of the margins tells it."""
    interval: Interval | None
    """95 % profile likelihood interval of the rate."""
    at_most: float | None
    """No higher rate is possible with this agreement, whatever the scorer (95 %)."""
    reason: str
    """Why there is no rate; empty when there is one."""

    @property
    def assumed(self) -> float:
        """Return the rate, or else the middle of what the agreement allows, 0 … 1 − agreement.

        A scorer right with probability c ≥ 1/2 agrees with labels of which a share e is reversed in
        c(1−e) + (1−c)e of the rows, so e ≤ 1 − agreement, with equality for a perfect scorer.
        """
        if self.rate is not None:
            return self.rate
        return max(1 - A_HIGH, (1 - (self.agreement or 0.5)) / 2)


def noise_of(margins: Floats) -> Noise:
    """Judge one scorer's signed margins of one source, shape (n,); NaN is unknown.

    The rate is told by the mirrored Gaussians where they fit (Kolmogorov-Smirnov distance) and
    their interval is at most 0.2 wide. The margins of weak scorers hold next to nothing about it:
    both parts overlap, and the rate hangs on the kurtosis, where real margins and model differ.
    """
    known = margins[np.isfinite(margins)]
    decided = int(np.count_nonzero(known))
    if decided < FEWEST:
        return _silent(
            len(known), None, f"fewer than {FEWEST} labelled rows have a margin other than 0"
        )
    agreement = float(np.count_nonzero(known > 0) / decided)
    low = wilson_low(agreement, decided)
    if low <= 0.5:
        chance = f"an agreement of {agreement:.0%} with the labels is not above chance"
        return _silent(len(known), agreement, chance)
    if known.mean() <= 0:
        few = "the margins against the labels outweigh those for them, though they are fewer"
        return _silent(len(known), agreement, few)
    fit = fit_mirrored(known)
    interval = noise_interval(known, fit)
    reason = _doubt(known, fit, interval)
    rate = None if reason else 1 - fit.a
    return Noise(len(known), agreement, True, rate, interval, 1 - low, reason)


def _silent(n: int, agreement: float | None, reason: str) -> Noise:
    return Noise(n, agreement, False, None, None, None, reason)


def _doubt(known: Floats, fit: MirroredFit, interval: Interval) -> str:
    if _distance(known, fit) > max(_MISFIT, 1.36 / sqrt(len(known))):
        return "the margins do not have the shape of two mirrored bells"
    if fit.mu < _APART * fit.s:
        return (
            f"right and reversed labels lie {fit.mu / fit.s:.1f} of their spread from the middle, "
            f"and below {_APART} the shape of the margins does not tell them apart"
        )
    if interval.high - interval.low > _WIDEST:
        return (
            f"the shape of the margins allows any noise rate from {interval.low:.0%} to "
            f"{interval.high:.0%}"
        )
    return ""


def _distance(known: Floats, fit: MirroredFit) -> float:
    """Return the Kolmogorov-Smirnov distance of margins and fit, at 1,000 of them, in [0,1]."""
    every = np.arange(0, len(known), max(1, len(known) // 1000))
    at = np.sort(known)[every]
    fitted = fit.a * _normal((at - fit.mu) / fit.s) + (1 - fit.a) * _normal((at + fit.mu) / fit.s)
    return float(np.abs(fitted - (every + 0.5) / len(known)).max())


def _normal(x: Floats) -> Floats:
    """Return the standard normal distribution function."""
    return np.array([(1 + erf(value / sqrt(2))) / 2 for value in x])
