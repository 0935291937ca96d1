"""Epsilon-DPO: whether a looser or a tighter pull to the reference would help this very pair."""

from __future__ import annotations

import numpy as np

from core.schema import Bools, Floats, KlValues, LogpValues
from core.signals.margins import difference

EPSILON = 0.01
"""The authors' e; runs of `score policy --kl` mix logits with it."""
TINY = 1e-4
"""Nats below which a sensitivity is the rounding of summed log-probabilities."""


def sensitivity(run: LogpValues, kl: KlValues, tie: Bools) -> Floats:
    """Return s = (D_chosen − klsum_chosen) − (D_rejected − klsum_rejected) in nats, shape (n,).

    D = policy − reference, summed. s is the derivative at e = 0 of the policy's own margin under
    the logits (1+e)·policy − e·reference. NaN on ties and where unknown.
    Source: closed form of Lee et al. 2025, arXiv:2502.13177, equal to their logit mixes.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        chosen = run.policy_chosen - run.ref_chosen - kl.klsum_chosen
        rejected = run.policy_rejected - run.ref_rejected - kl.klsum_rejected
    return difference(chosen, rejected, tie)


def step_from_mixes(policy: Floats, looser: Floats, tighter: Floats) -> Floats:
    """Return +1 where looser > policy > tighter, −1 where tighter > policy > looser, else 0.

    Margins (chosen − rejected, nats, shape (n,)) of the policy and of its mixes: looser has the
    logits (1+e)·policy − e·reference, that is beta/(1+e); tighter those of beta/(1−e). NaN where
    one is unknown. Source: Lee et al. 2025, arXiv:2502.13177 (authors' code).
    """
    with np.errstate(invalid="ignore"):
        up = (looser > policy) & (policy > tighter)
        down = (tighter > policy) & (policy > looser)
    known = np.isfinite(policy) & np.isfinite(looser) & np.isfinite(tighter)
    return np.where(known, up * 1.0 - down * 1.0, np.nan)


def step_from_sensitivity(s: Floats) -> Floats:
    """Return sign(s), 0 where |s| is rounding, shape (n,): the step for small e."""
    return np.where(np.isfinite(s), np.sign(s) * (np.abs(s) > TINY), np.nan)


def beta_of_step(step: Floats, beta: float, epsilon: float = EPSILON) -> Floats:
    """Return beta / (1 + e·step), shape (n,): the beta of each pair's own DPO loss."""
    return beta / (1 + epsilon * step)


def next_beta(step: Floats, beta: float, epsilon: float = EPSILON) -> float:
    """Return beta / (1 + e·mean(step)): what training goes on with; beta without a known step."""
    known = step[np.isfinite(step)]
    return float(beta / (1 + epsilon * known.mean())) if len(known) else beta
