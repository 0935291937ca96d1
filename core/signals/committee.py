"""The committee of reward models: how strongly, how unitedly and by how many a label is backed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from core.schema import Floats, SignalInputs
from core.signals.logistic import logit, sigmoid
from core.signals.margins import difference, standardised


@dataclass(frozen=True)
class Strength:
    """What K signed margins say of each row, shape (n,) each; NaN where no run covers the row."""

    mean: Floats
    """Preference strength, in units of the margins."""
    std: Floats
    """Population deviation over the runs that cover the row."""
    agree: Floats
    """Share of runs above 0 among those that are not 0."""
    runs: Floats
    """Runs that cover the row, 0 … K."""


def strength(margins: Floats) -> Strength:
    """Return mean, deviation and agreement over K runs, margins of shape (K, n), NaN unknown.

    u = mean_k d_k, s = population std_k d_k, d = r_k(chosen) − r_k(rejected).
    Source: Wang et al. 2024, Secrets of RLHF II (methods 12.1).
    """
    known = np.isfinite(margins)
    mean = mean_known(margins)
    spread = np.sqrt(mean_known((margin - mean) ** 2 for margin in margins))
    decided = (known & (margins != 0)).sum(0)
    agree = (known & (margins > 0)).sum(0) / np.maximum(decided, 1)
    return Strength(
        mean=np.broadcast_to(mean, decided.shape),
        std=np.broadcast_to(spread, decided.shape),
        agree=np.where(decided > 0, agree, np.nan),
        runs=np.asarray(known.sum(0), np.float64),
    )


def mean_known(columns: Iterable[Floats]) -> Floats:
    """Return the mean over columns of shape (n,), each row's over those that know it; NaN if none.

    Columns are taken one by one, so that any number of runs fits into memory.
    """
    total = count = np.zeros(1)
    for column in columns:
        known = np.isfinite(column)
        total, count = total + np.where(known, column, 0.0), count + known
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def fused(p: Floats) -> Floats:
    """Return prod p / (prod p + prod (1−p)) over K sources, shape (K, n) → (n,).

    The sum of logits, as if sources were independent; correlated ones make it overconfident.
    NaN where two certain sources contradict each other.
    Source: Deng et al. 2025 (BeeS), arXiv:2502.14560.
    """
    with np.errstate(invalid="ignore"):
        return sigmoid(logit(p).sum(0))


def standard_margins(inputs: SignalInputs) -> Floats:
    """Return the standardised margins of the runs that say something, shape (K, n), NaN unknown.

    Each is divided by its population deviation within the source and not centred, so its sign is
    still the run's. Runs that leak the label are left out, and runs constant in every source.
    """
    found = [
        standardised(
            difference(run.chosen, run.rejected, inputs.tie),
            inputs.source,
            len(inputs.source_names),
        )
        for run in inputs.rewards.values()
        if not run.leaks_label
    ]
    told = [margins for margins in found if np.isfinite(margins).any()]
    return np.array(told).reshape(len(told), len(inputs.row_id))
