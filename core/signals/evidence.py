"""Evidence: the margins of a source's runs as one number in logits, and back into its parts.

x = (sum of w_k z_k) · (w_S'R w) / (w_S'R w_S) over the runs S that cover a row: what these foretell
of the whole sum. So a run that speaks alone is as loud as its weight and its likeness to the others
make it, and correlated runs are not counted twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.schema import Bools, EvidenceBar, EvidenceModel, Floats, Ints, SignalInputs
from core.signals.implicit import implicit_margin
from core.signals.margins import difference

_FEW = 16
"""Columns whose sets can be counted in a table."""


@dataclass(frozen=True)
class RunMargin:
    """One run's signed margins: what it says about every label, NaN where nothing."""

    run_id: str
    column: str
    """The stored signal."""
    margins: Floats


def run_margins(inputs: SignalInputs) -> Iterator[RunMargin]:
    """Yield the margins that may speak about labels: explicit ones, then implicit ones.

    Those of runs that leak the label are left out. An implicit margin's beta is a matter of scale,
    and scales do not matter here.
    """
    for run_id, run in inputs.rewards.items():
        if not run.leaks_label:
            margins = difference(run.chosen, run.rejected, inputs.tie)
            yield RunMargin(run_id, f"explicit_margin_{run_id}", margins)
    for run_id, policy in inputs.logps.items():
        if not policy.leaks_label:
            margins = implicit_margin(policy, inputs.tie, 1.0)
            yield RunMargin(run_id, f"implicit_margin_{run_id}", margins)


@dataclass(frozen=True)
class Weighing:
    """Weights of K runs and what they have in common."""

    weights: Floats
    """Shape (K,), never negative."""
    products: Floats
    """Mean products of the standardised margins, shape (K, K)."""

    def units(self, standard: Floats) -> Floats:
        """Return x per row of standardised margins, shape (n, K) → (n,); NaN where none speaks."""
        known = np.isfinite(standard) & (self.weights > 0)
        total = np.where(known, standard, 0.0) @ self.weights
        patterns, place = self.worth(known)
        return total * patterns[place]

    def worth(self, known: Bools) -> tuple[Floats, Ints]:
        """Return (w_S'Rw) / (w_S'Rw_S) of each set S of runs that occurs, and every row's set."""
        code, place = patterns(known)
        first = np.zeros(len(code), np.int64)
        first[place] = np.arange(len(place))
        held = known[first] * self.weights
        spread = np.einsum("ij,jk,ik->i", held, self.products, held)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(
                spread > 0, held @ (self.products @ self.weights) / spread, np.nan
            ), place


def patterns(known: Bools) -> tuple[Ints, Ints]:
    """Return a number for each set of columns that occurs, and every row's index into them."""
    code = np.zeros(len(known), np.int64)
    for k, column in enumerate(known.T):
        code = code * 2 + column
        if k % 60 == 59:
            code = np.unique(code, return_inverse=True)[1]
    if known.shape[1] > _FEW:
        found, place = np.unique(code, return_inverse=True)
        return found, place
    # Counting is five times as fast as sorting a million codes.
    found = np.flatnonzero(np.bincount(code))
    place = np.zeros(int(found.max(initial=0)) + 1, np.int64)
    place[found] = np.arange(len(found))
    return found, place[code]


@dataclass(frozen=True)
class Reader:
    """A stored model, ready to read rows."""

    model: EvidenceModel

    @cached_property
    def weighing(self) -> Weighing:
        """Return weights and products as arrays."""
        weights = np.array([item.weight for item in self.model.weights])
        return Weighing(weights, np.array(self.model.moments).reshape(len(weights), len(weights)))

    def logits(self, margins: Floats) -> Floats:
        """Return logits of evidence for the label, margins of shape (n, K) → (n,), NaN without."""
        return self.model.slope * self.weighing.units(self._standard(margins))

    def bars(self, margins: Mapping[str, float | None]) -> tuple[EvidenceBar, ...]:
        """Return one row's evidence by run, from the margins by column; their sum is `logits`."""
        values = [margins.get(item.column) for item in self.model.weights]
        row = np.array([np.nan if value is None else value for value in values], np.float64)
        standard = self._standard(row[None, :])
        known = np.isfinite(standard) & (self.weighing.weights > 0)
        worth = float(self.weighing.worth(known)[0][0]) if known.any() else 0.0
        parts = self.model.slope * worth * self.weighing.weights * np.where(known, standard, 0.0)[0]
        return tuple(
            EvidenceBar("run", item.run_id, float(part), float(value))
            for item, part, value in zip(self.model.weights, parts, row, strict=True)
            if np.isfinite(value)
        )

    def _standard(self, margins: Floats) -> Floats:
        sizes, limits = (
            np.array([getattr(item, name) for item in self.model.weights], np.float64)
            for name in ("deviation", "limit")
        )
        unit = np.where(sizes > 0, sizes, np.nan)
        return np.asarray(np.clip(margins, -limits, limits) / unit, np.float64)


def columns_of(margins: Sequence[RunMargin], rows: Ints) -> Floats:
    """Return the margins of some rows as a matrix, shape (rows, K)."""
    found = np.array([margin.margins[rows] for margin in margins], np.float64)
    return found.reshape(len(margins), len(rows)).T
