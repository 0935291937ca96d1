"""BALD: how far a model, or a committee, disagrees with itself about a pair."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from core.schema import Floats, Ints

LN2 = float(np.log(2))


def binary_entropy(p: Floats) -> Floats:
    """Return −p ln p − (1−p) ln(1−p) in nats, shape of p, 0 at 0 and at 1."""
    entropy = np.zeros(np.shape(p))
    with np.errstate(divide="ignore", invalid="ignore"):
        for share in (p, 1 - p):
            entropy -= np.where(share > 0, share * np.log(share), share)
    return entropy


def bald(p: Iterable[Floats], fewest: int = 2) -> Floats:
    """Return H(mean p) − mean H(p) in nats, shape (n,), in [0, ln 2], over T passes or K models.

    p: one array of shape (n,) per pass, P(chosen is better); NaN is left out, and a row with fewer
    than `fewest` known is NaN. Low: the passes agree, on either side or on a half.
    Source: Houlsby et al. 2011, arXiv:1112.5745; UPO, Wang et al. 2024, arXiv:2409.11212.
    """
    total = entropy = count = np.zeros(1)
    for one in p:
        known = np.isfinite(one)
        filled = np.where(known, one, 0.0)
        total, entropy, count = total + filled, entropy + binary_entropy(filled), count + known
    least = np.maximum(count, 1)
    shared = binary_entropy(total / least) - entropy / least
    return np.where(count >= fewest, np.clip(shared, 0.0, LN2), np.nan)


def upo_smoothing(b: Floats) -> Floats:
    """Return B / ln 2 / 2, in [0, 1/2], shape of b: label smoothing from disagreement. Ours.

    UPO's printed weight 1/(P+1) is near 1 for any real set, so it would train on reversed labels.
    """
    return b / LN2 / 2


def certainty_share(b: Floats) -> Floats:
    """Return (1−B) / sum(1−B), shape (n,): UPO's chance of a pair to be sampled; NaN if unknown."""
    total = np.nansum(1 - b)
    return (1 - b) / total if total > 0 else np.full(len(b), np.nan)


def certainty_keys(b: Floats, pair_id: Ints, seed: int = 0) -> Floats:
    """Return ln(1−B) + Gumbel noise of (seed, pair_id), shape (n,).

    The k largest are a sample of k without replacement with UPO's chances, the same on any machine.
    Source: Gumbel top-k, Kool et al. 2019.
    """
    uniform = (_mixed(pair_id, seed) >> np.uint64(11)).astype(np.float64) + 0.5
    return np.log(1 - b) - np.log(-np.log(uniform / 2.0**53))


def _mixed(pair_id: Ints, seed: int) -> npt.NDArray[np.uint64]:
    """Return 64 random-looking bits per id (splitmix64, Steele et al. 2014)."""
    with np.errstate(over="ignore"):
        bits = pair_id.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15) * np.uint64(seed + 1)
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
