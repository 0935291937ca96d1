"""Draws that depend on ids and a seed alone: the same on any machine, in any order of rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.schema import Floats, Ints


def mixed(ids: Ints, seed: int) -> npt.NDArray[np.uint64]:
    """Return SplitMix64 of id + seed·γ (Steele et al. 2014): a bijection, so no two ids tie."""
    x = ids.astype(np.uint64) + np.uint64(seed * 0x9E3779B97F4A7C15 % 2**64)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def uniform(ids: Ints, seed: int) -> Floats:
    """Return a number in (0, 1) for each id, of 53 random bits and a half."""
    return ((mixed(ids, seed) >> np.uint64(11)).astype(np.float64) + 0.5) / 2**53
