"""One run's margins beside the labels of a source: their unit, their bounds, and what to think."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.schema import EvidenceWeight, Floats
from core.signals.consensus import FEWEST_COMMON
from core.signals.evidence import RunMargin, Weighing
from core.signals.noise import FEWEST
from core.signals.wilson import wilson_low

_OUTLIER = 6.0
"""Margins count up to this many times the median size: one of a thousand must not be the unit."""
_TOO_GOOD = 0.99
"""Agreement with the labels from which on a run that shares nothing else with others knows them."""
_LITTLE = 0.25
"""A run with less than this share of an equal weight is told about."""


@dataclass(frozen=True)
class Column:
    """One run in one source."""

    n: int
    deviation: float
    """Of the bounded margins; 0 where the run says nothing that can be used."""
    limit: float
    """Sizes beyond it count as it."""
    agreement: float | None


def column(margins: Floats) -> Column:
    """Measure one run's margins of a source, shape (n,), NaN unknown."""
    known = margins[np.isfinite(margins)]
    decided = known[known != 0]
    agreement = float((decided > 0).mean()) if len(decided) else None
    if len(known) < FEWEST or not len(decided):
        return Column(len(known), 0.0, 0.0, agreement)
    with np.errstate(over="ignore", invalid="ignore"):
        limit = float(min(_OUTLIER * np.median(np.abs(decided)), np.finfo(np.float64).max))
        bounded = np.clip(known, -limit, limit)
        deviation, mean = float(bounded.std()), abs(float(bounded.mean()))
    # Equal numbers leave a rounding error of their size; it is no spread.
    varies = np.isfinite(deviation) and deviation > 1e-9 * mean
    return Column(len(known), deviation if varies else 0.0, limit, agreement)


def standardised(margins: Floats, columns: Sequence[Column]) -> Floats:
    """Return bounded margins in units of their deviation, shape (n, K); NaN where unusable."""
    sizes = np.array([c.deviation if c.deviation > 0 else np.nan for c in columns], np.float64)
    limits = np.array([c.limit for c in columns], np.float64)
    return np.asarray(np.clip(margins, -limits, limits) / sizes, np.float64)


def knowing(standard: Floats, columns: Sequence[Column]) -> list[int]:
    """Return the runs that look as if they had been trained on these labels.

    They agree with all but a hundredth of them, and beyond that no more than chance with the
    others, whose errors and successes a good scorer would share. Asked where three runs speak.
    """
    told = [k for k, c in enumerate(columns) if c.deviation > 0]
    if len(told) < 3:
        return []
    return [
        k for k in told if (columns[k].agreement or 0.0) >= _TOO_GOOD and _apart(standard, k, told)
    ]


def _apart(standard: Floats, k: int, told: Sequence[int]) -> bool:
    """Return whether a run's centred correlation with the mean of the others is within chance."""
    others = [j for j in told if j != k]
    known = np.isfinite(standard[:, [k, *others]]).all(1)
    n = int(known.sum())
    if n < FEWEST_COMMON:
        return False
    own, rest = standard[known, k], standard[known][:, others].mean(1)
    spread = float(own.std() * rest.std())
    return spread > 0 and float(np.mean((own - own.mean()) * (rest - rest.mean()))) < (
        2 * spread / n**0.5
    )


def weighed(
    runs: Sequence[RunMargin],
    columns: Sequence[Column],
    weighing: Weighing,
    together: Floats,
    known: Sequence[int],
) -> tuple[EvidenceWeight, ...]:
    """Return each run's part with its reason; `known` are those that know the labels."""
    little = _LITTLE / max(sum(c.deviation > 0 for c in columns), 1)
    return tuple(
        EvidenceWeight(
            run_id=run.run_id,
            column=run.column,
            n=c.n,
            deviation=c.deviation,
            limit=c.limit,
            weight=float(weight),
            agreement=c.agreement,
            consensus=None if np.isnan(with_others) else float(with_others),
            reason=_knows(c) if k in known else _why(c, float(with_others), weight < little),
        )
        for k, (run, c, weight, with_others) in enumerate(
            zip(runs, columns, weighing.weights, together, strict=True)
        )
    )


def _knows(column: Column) -> str:
    return (
        f"it agrees with {column.agreement:.0%} of the labels and beyond that no more than chance "
        "with the other runs: was it trained on them?"
    )


def _why(column: Column, together: float, little: bool) -> str:
    if column.n < FEWEST:
        return f"fewer than {FEWEST} labelled rows of this source have its margin"
    if column.deviation <= 0:
        return "its margins are all the same here"
    if not little:
        return ""
    if np.isnan(together):
        return f"it shares fewer than {FEWEST_COMMON} rows with the other runs"
    if together < -2 / column.n**0.5:
        return f"it goes against the other runs (correlation {together:.2f}): is it inverted?"
    if together < 2 / column.n**0.5:
        return "it agrees with the other runs no more than chance"
    return "the others say the same with less noise"


def majority(source: str, columns: Sequence[Column]) -> str:
    """Return a sentence where most runs do not agree with the labels above chance, else nothing."""
    told = [c for c in columns if c.deviation > 0 and c.agreement is not None]
    above = sum(wilson_low(c.agreement or 0.0, c.n) > 0.5 for c in told)
    if len(told) < 2 or 2 * above > len(told):
        return ""
    return (
        f"{source}: {above} of {len(told)} runs agree with the labels above chance. Where no more "
        "than half do, nothing here tells which of them are inverted: gold answers would."
    )
