"""Alignment potential: pairs the reward models are sure of and the policy has not learned yet."""

from __future__ import annotations

import numpy as np

from core.schema import Bools, Floats, Ints

RATIO = 0.4
"""Share of pairs the authors keep."""
_ROUNDING = 1e-12


def z_scores(values: Floats) -> Floats:
    """Return (x − mean) / population deviation over what is known, shape (n,); NaN where unknown.

    All equal values are 0, not NaN: a column without a spread says nothing.
    """
    known = np.isfinite(values)
    kept = values if known.all() else values[known]
    scores = np.full(len(values), np.nan)
    if len(kept):
        # A power of two changes no digit and keeps squares of huge numbers finite.
        exponent = int(np.frexp(max(kept.max(), -kept.min()))[1])
        kept = np.ldexp(kept, -exponent)
        kept -= kept.mean()
        deviation = np.sqrt(np.mean(kept**2))
        scores[known] = kept / deviation if deviation > _ROUNDING else 0.0
    return scores


def map_official(explicit: Floats, implicit: Floats, logp_weight: float = 1.0) -> Floats:
    """Return z(E) − lambda·z(I), standard deviations, shape (n,); NaN where E or I is unknown.

    E: explicit margin, reward units. I: |length-normalised margin|, nats per token, of the policy
    before training, without beta and reference. z over the rows that have both, population
    deviation; a constant column counts 0. Exactly the authors' code (metric `rm-logp`; with
    another `logp_weight` it is `rm-xlogp`).

    Source: Huang et al., ICML 2025, arXiv:2503.01864.
    """
    both = np.isfinite(explicit) & np.isfinite(implicit)
    first, second = (z_scores(np.where(both, column, np.nan)) for column in (explicit, implicit))
    return first - logp_weight * second


def map_dpo(explicit: Floats, implicit_margin: Floats, logp_weight: float = 1.0) -> Floats:
    """Return z(E) − lambda·z(|implicit margin|), shape (n,): the same with a reference model.

    Source: the DPO form of Huang et al. 2025; beta cancels in z.
    """
    return map_official(explicit, np.abs(implicit_margin), logp_weight)


def map_signed(explicit: Floats, implicit_margin: Floats, logp_weight: float = 1.0) -> Floats:
    """Return z(E) − lambda·z(implicit margin), shape (n,). Ours, not from the paper.

    A pair that the policy ranks wrongly gains potential, and so does a reversed label: screen
    those first.
    """
    return map_official(explicit, implicit_margin, logp_weight)


def top_share(scores: Floats, pair_id: Ints, ratio: float = RATIO) -> Ints:
    """Return the rows of the floor(ratio·N) largest scores, best first; N counts known scores.

    Equal scores are ordered by pair_id, then by row.
    """
    rows = np.flatnonzero(np.isfinite(scores))
    # The last digit of ratio·N is rounding: 0.29·100 is 28.999….
    kept = int(ratio * len(rows) + 1e-9)
    return rows[np.lexsort((pair_id[rows], -scores[rows]))[:kept]]


def spearman(first: Floats, second: Floats) -> float | None:
    """Return the rank correlation over the rows that have both, ties by mean rank.

    None with fewer than two rows or where a column does not vary. Source: Spearman 1904.
    """
    both = np.isfinite(first) & np.isfinite(second)
    if both.sum() < 2:
        return None
    one, other = (z_scores(_ranks(column[both])) for column in (first, second))
    return float((one * other).mean()) if one.any() and other.any() else None


def _ranks(values: Floats) -> Floats:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[place]


def cut_overlap(
    explicit: Floats, implicit: Floats, pair_id: Ints, ratio: float = RATIO
) -> float | None:
    """Return |top(E) ∩ top(−I)| / k, in [0, 1]: how far large margins and unlearned pairs meet.

    Near `ratio` they are unrelated, below it they contradict each other. None when nothing is kept.
    """
    both: Bools = np.isfinite(explicit) & np.isfinite(implicit)
    first = top_share(np.where(both, explicit, np.nan), pair_id, ratio)
    second = top_share(np.where(both, -implicit, np.nan), pair_id, ratio)
    return len(np.intersect1d(first, second)) / len(first) if len(first) else None
