"""Shares with their Wilson 95 % intervals."""

from __future__ import annotations

import math

from core.views.results import Share

Z = 1.959963984540054
"""Normal quantile of a two-sided 95 % interval."""


def share(k: int, n: int) -> Share:
    """Return k/n with its Wilson score interval.

    centre = (p + z²/2n) / (1 + z²/n), half = z/(1 + z²/n)·√(p(1−p)/n + z²/4n²), with p = k/n.
    Source: Wilson 1927; unlike p ± z·√(p(1−p)/n) it stays in [0, 1] and is defined at k = 0 and n.
    """
    if n == 0:
        return Share(0, 0, None, None, None)
    p, scale = k / n, 1 + Z * Z / n
    centre = (p + Z * Z / (2 * n)) / scale
    half = Z / scale * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    low = 0.0 if k == 0 else centre - half
    return Share(k, n, p, low, 1.0 if k == n else centre + half)
