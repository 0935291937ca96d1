"""Reliability: what a signal says as a probability, against what a witness finds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.schema import Floats, PairFilter
from core.store.instance import Store
from core.views.margins import calibration
from core.views.results import Share
from core.views.wilson import share

PROBABILITIES = ("suspicion",)
"""Signals whose number is the probability that the label is reversed."""


@dataclass(frozen=True)
class Reliability:
    """Groups of about equally many rows: predicted and observed share of reversed labels."""

    signal: str
    against: str
    """`gold` or `votes`."""
    predicted: Floats
    """Mean of the signal in each group."""
    observed: tuple[Share, ...]
    """Labels that the witness contradicts."""

    @property
    def n(self) -> int:
        """Return the rows about which the witness speaks."""
        return sum(found.n for found in self.observed)

    @property
    def error(self) -> float:
        """Return the expected calibration error Σ n_g/n·|predicted_g − observed_g|, in [0, 1].

        Source: Naeini et al. 2015, with groups of equal size instead of equal width.
        """
        shares = np.array([found.k / found.n for found in self.observed])
        weights = np.array([found.n for found in self.observed]) / self.n
        return float((weights * np.abs(self.predicted - shares)).sum())


def reliability(
    store: Store, filter: PairFilter, signal: str, against: str, bins: int = 10
) -> Reliability | None:
    """Return how often labels are reversed where `signal` says how often; None as `calibration`."""
    found = calibration(store, filter, signal, against, bins)
    if found is None:
        return None
    observed = tuple(share(agreed.n - agreed.k, agreed.n) for agreed in found.shares)
    return Reliability(signal, against, found.centres, observed)
