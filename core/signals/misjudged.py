"""A noise rate freed of the mistakes of those who judged, by how they did on known answers."""

from __future__ import annotations

from dataclasses import dataclass

from core.signals.audit import Rate, Share

FEWEST_GOLD = 20
"""Known answers below which nothing is said of how often people are right."""


@dataclass(frozen=True)
class Accuracy:
    """How those who judged did on silent gold; without mistakes `right` is 1 and `false` 0."""

    right: Share
    """Gold that was judged right: a label that is reversed is called so as often."""
    false: float
    """Share of gold judged for the other response: a right label is called reversed as often.
    1 − right where nobody says tie."""
    votes: int
    """Votes to a verdict; 1: single answers were compared."""


@dataclass(frozen=True)
class Corrected:
    """A share of reversed labels, with its 95 % interval; the accuracy counts as known."""

    rate: float
    low: float
    high: float


def corrected(rate: Rate, accuracy: Accuracy) -> Corrected | None:
    """Return (r − f) / (s − f), clipped to [0, 1], with both ends of the interval put through it.

    s is the share of reversed labels that are called so, f that of right labels, both as on gold;
    with f = 1 − s it is (r − (1 − s)) / (2s − 1). It takes gold to be as hard as the other pairs,
    and s and f as known: the interval leaves out what is not known of them. None where s may be no
    better than a coin. Source: Rogan and Gladen 1978.
    """
    s, f = accuracy.right.share, accuracy.false
    if s is None or (accuracy.right.low or 0.0) <= 0.5:
        return None
    ends = ((r - f) / (s - f) for r in (rate.rate, rate.low, rate.high))
    return Corrected(*(min(max(end, 0.0), 1.0) for end in ends))
