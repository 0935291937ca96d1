"""Dawid-Skene with one reliability per rater: what the votes say when raters differ in skill."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.schema import Bools, Floats, Ints
from core.signals.logistic import logit, sigmoid

_ROUNDS = 200
_TOLERANCE = 1e-9
"""Of a logit."""
_BOUNDS = (0.01, 0.99)
"""Of a reliability: a few lucky votes must not overrule everybody else."""


@dataclass(frozen=True)
class Consensus:
    """The votes, weighed."""

    q: Floats
    """P(the answer is 1) per item, shape (items,); NaN without votes."""
    reliability: Floats
    """P(a vote is right) per rater, shape (raters,), 0.01 … 0.99; NaN without votes."""
    prior: float
    """Share of items with the answer 1."""
    rounds: int
    converged: bool


def majority(item: Ints, vote: Bools, items: int) -> Floats:
    """Return the share of votes for 1 per item, shape (items,), a half for a tie; NaN without."""
    n = np.bincount(item, minlength=items)
    with np.errstate(invalid="ignore"):
        return np.bincount(item, vote, items) / n


def dawid_skene(item: Ints, rater: Ints, vote: Bools, items: int, raters: int) -> Consensus:
    """Weigh votes by expectation maximisation; item, rater (indices) and vote of shape (n,).

    E: logit q_i = logit prior + sum over votes of ±logit eta_j; M: eta_j = mean agreement of j's
    votes with q, prior = mean q. Starts at the majority, so a crowd that is mostly wrong stays
    wrong. Raters must overlap: who votes alone on their items agrees with nobody but themselves.

    Source: Dawid and Skene 1979, with one reliability per rater for both answers; leaps between
    rounds after Varadhan and Roland 2008 (SQUAREM), without which few raters take thousands.
    """
    share = majority(item, vote, items)
    voted, n = np.isfinite(share), np.bincount(rater, minlength=raters)
    sign = np.where(vote, 1.0, -1.0)

    def believed(skill: Floats) -> Floats:
        """Return q, shape (items,), from the logits of all reliabilities and, last, the prior."""
        return sigmoid(np.bincount(item, sign * skill[rater], items) + skill[-1])

    def learned(q: Floats) -> Floats:
        """Return the logits that agree best with q, shape (raters + 1,)."""
        right = np.bincount(rater, np.where(vote, q[item], 1 - q[item]), raters)
        prior = q[voted].mean() if voted.any() else 0.5
        return logit(np.clip(np.append(right / np.maximum(n, 1), prior), *_BOUNDS))

    skill, rounds, still = learned(np.where(voted, share, 0.5)), 0, False
    while not still and rounds < _ROUNDS:
        once = learned(believed(skill))
        step = once - skill
        bend = learned(believed(once)) - once - step
        size, curve = float(np.linalg.norm(step)), float(np.linalg.norm(bend))
        length = max(1.0, size / curve) if curve > 0 else 1.0
        still = float(np.abs(step).max()) <= _TOLERANCE
        leap = np.clip(skill + 2 * length * step + length**2 * bend, *logit(np.array(_BOUNDS)))
        skill, rounds = (once if still else learned(believed(leap))), rounds + 1
    told = sigmoid(skill)
    return Consensus(
        q=np.where(voted, believed(skill), np.nan),
        reliability=np.where(n > 0, told[:-1], np.nan),
        prior=float(told[-1]),
        rounds=rounds,
        converged=still,
    )
