"""Wilson's interval of a share."""

from __future__ import annotations

import math

Z90, Z95 = 1.644853626951472, 1.959963984540054
"""Normal quantiles of two-sided intervals."""


def wilson(share: float, n: float, z: float = Z95) -> tuple[float, float]:
    """Return both ends of the interval of a share of n, n above 0 and possibly fractional.

    centre = (p + z²/2n) / (1 + z²/n), half = z/(1 + z²/n)·√(p(1−p)/n + z²/4n²). Source: Wilson
    1927; unlike p ± z·√(p(1−p)/n) it stays in [0, 1] and is defined where p is 0 or 1.
    """
    scale = 1 + z * z / n
    centre = (share + z * z / (2 * n)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # A share of 0 or 1 is an end itself, but for a rounding error.
    return 0.0 if share == 0 else centre - half, 1.0 if share == 1 else centre + half


def wilson_low(share: float, n: float) -> float:
    """Return the lower end of the 95 % interval."""
    return wilson(share, n)[0]
