"""Does a policy rank its pairs as labelled, could it, and how far is it from doing so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.schema import Bools, Floats, LogpValues
from core.signals.logistic import logit, softplus
from core.signals.margins import difference

BETAS = (0.01, 0.1, 1.0, 5.0, 10.0)
"""Over which the authors report lowest, middle and highest idealised accuracy."""
_UNANIMOUS = 0.001


def ranking_accuracy(chosen: Floats, rejected: Floats) -> float | None:
    """Return the share of rows with chosen ≥ rejected log-probability, in [0, 1].

    Summed nats, or nats per token for the length-normalised twin; rows with either unknown are
    left out, None without any. Source: Chen et al. 2024, arXiv:2405.19534.
    """
    known = np.isfinite(chosen) & np.isfinite(rejected)
    return _share(chosen[known] >= rejected[known])


def reward_accuracy(implicit_margin: Floats) -> float | None:
    """Return the share of known margins above 0: another quantity than the ranking accuracy."""
    return _share(implicit_margin[np.isfinite(implicit_margin)] > 0)


def idealised_accuracy(ref_gap: Floats, vote_share: Floats, beta: float) -> float | None:
    """Return the ranking accuracy of a policy that fits DPO perfectly, in [0, 1].

    mean 1[h_ref + ln(alpha/(1−alpha))/beta > 0]; h_ref = reference log-probability of the majority
    answer − of the other, nats; alpha = its share of votes, kept 0.001 away from 0 and 1.
    Source: Chen et al. 2024, arXiv:2405.19534.
    """
    known = np.isfinite(ref_gap) & np.isfinite(vote_share)
    alpha = np.clip(vote_share[known], _UNANIMOUS, 1 - _UNANIMOUS)
    return _share(ref_gap[known] + logit(alpha) / beta > 0)


def idealised_range(ref_gap: Floats, vote_share: Floats) -> tuple[float, float, float] | None:
    """Return lowest, middle and highest idealised accuracy over `BETAS`; None without rows."""
    found = [idealised_accuracy(ref_gap, vote_share, beta) for beta in BETAS]
    known = sorted(share for share in found if share is not None)
    return (known[0], known[len(known) // 2], known[-1]) if known else None


@dataclass(frozen=True)
class Transitions:
    """Rows by who ranks them as labelled."""

    both: int
    only_reference: int
    only_policy: int
    neither: int


def transitions(ref_gap: Floats, policy_gap: Floats) -> Transitions:
    """Count rows by whether reference and policy rank chosen ≥ rejected; gaps in nats, (n,)."""
    known = np.isfinite(ref_gap) & np.isfinite(policy_gap)
    before, after = ref_gap[known] >= 0, policy_gap[known] >= 0
    counts = (before & after, before & ~after, ~before & after, ~before & ~after)
    return Transitions(*(int(count.sum()) for count in counts))


def dpo_threshold(ref_gap: Floats, beta: float) -> Floats:
    """Return −ln sigmoid(beta·c) in nats, c = −h_ref, shape of ref_gap.

    A policy ranks the pair as labelled exactly when its DPO loss is at most this. Near 0: as
    good as out of reach. Source: Chen et al. 2024, arXiv:2405.19534.
    """
    return softplus(beta * ref_gap)


def flip_distance(ref_gap: Floats, beta: float) -> Floats:
    """Return max(0, −beta·h_ref) in logits: the implicit margin that turns the ranking round."""
    return np.where(np.isfinite(ref_gap), np.maximum(0.0, -beta * ref_gap), np.nan)


def reference_gap(run: LogpValues, tie: Bools, per_token: bool = False) -> Floats:
    """Return reference chosen − rejected, shape (n,), nats or nats per token; NaN if unknown."""
    if not per_token:
        return difference(run.ref_chosen, run.ref_rejected, tie)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        chosen = run.ref_chosen / run.chosen_tokens
        rejected = run.ref_rejected / run.rejected_tokens
    return difference(chosen, rejected, tie)


def _share(right: Bools) -> float | None:
    return float(right.mean()) if len(right) else None
