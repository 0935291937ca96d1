"""Many comparisons at once: two shares against each other, and what holds after all of them."""

from __future__ import annotations

import math

import numpy as np

from core.schema import Floats


def two_shares(k: Floats, n: Floats, other_k: Floats, other_n: Floats) -> Floats:
    """Return the two-sided p of k/n against other_k/other_n, of any one shape.

    z = (p1 - p2) / sqrt(p (1 - p) (1/n1 + 1/n2)) with p the share of both together, as in every
    textbook's two-proportion z test; p = erfc(|z| / sqrt 2). NaN where a side has no row, or where
    all rows of both are alike: then there is nothing to compare.
    """
    known = (n > 0) & (other_n > 0)
    ours, theirs = np.where(known, n, 1.0), np.where(known, other_n, 1.0)
    pooled = (k + other_k) / (ours + theirs)
    spread = pooled * (1 - pooled) * (1 / ours + 1 / theirs)
    told = known & (spread > 0)
    z = np.abs(k / ours - other_k / theirs) / np.sqrt(np.where(told, spread, 1.0))
    p = np.array([math.erfc(value / math.sqrt(2)) for value in z.ravel()]).reshape(z.shape)
    return np.where(told, p, np.nan)


def benjamini_hochberg(p: Floats) -> Floats:
    """Return adjusted p, shape (n,): those at most q hold with a share q of false ones among them.

    Of p sorted, the i-th of m becomes min over j >= i of p_j m / j, at most 1 (Benjamini and
    Hochberg 1995; valid for independent tests and for many that depend positively). NaN is no
    comparison: it stays NaN and is not counted.
    """
    told = np.flatnonzero(np.isfinite(p))
    adjusted = np.full(p.shape, np.nan)
    if not told.size:
        return adjusted
    order = told[np.argsort(p[told], kind="stable")]
    scaled = p[order] * order.size / np.arange(1, order.size + 1)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted
