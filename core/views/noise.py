"""How many labels are reversed, as four methods tell: a range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from core.schema import Floats, NoiseEstimate, PairFilter
from core.signals.noise_estimates import (
    SHORT,
    Rows,
    Told,
    slice_estimates,
)
from core.signals.spec import SIGNALS
from core.store.instance import Store
from core.views.where import where_of

Ends = tuple[float, float]
_OF_RUNS = frozenset(
    spec.name for spec in SIGNALS if spec.family in ("Suspicion", "Committee", "Ambiguity")
)


@dataclass(frozen=True)
class StoreNoise:
    """What the sources that tell a rate say together."""

    ends: Ends | None
    """Lowest and highest rate, weighed by rows."""
    rows: int
    """Labelled rows of those sources."""
    clean_equivalent: tuple[int, int] | None
    """What those rows are worth, lowest first."""


MOST = 100_000
"""Rows of a filter up to which all are looked at; of more, half as many at least."""


def step_of(matching: int) -> int:
    """Return of how many pairs one is taken."""
    return max(1, -(-matching // MOST))


def filter_noise(store: Store, filter: PairFilter, matching: int) -> tuple[NoiseEstimate, ...]:
    """Return what each method says of the labelled rows of `filter`; nothing without evidence.

    `matching` is how many rows it has: of more than MOST, every second, third, ... pair is taken,
    with all of its rows, and n counts those.
    """
    where = where_of(store, filter)
    if "evidence" not in store.columns:
        return ()
    gold = "gold_agrees" if "gold_agrees" in store.columns else "evidence"
    params = {"step": step_of(matching), "left_out": list(filter.hidden)}
    rows = store.query("noise_rows", params, where, evidence="evidence", gold=gold)
    every = _rows(store, rows, gold != "evidence")
    inside = np.flatnonzero(rows["inside"].to_numpy())
    told = slice_estimates(every, inside)
    if _by_runs(store, filter):
        why = f"{SHORT}: the filter chooses by what the runs say, so they tell no share of it"
        told |= {method: Told(len(inside), reason=why) for method in told if method != "audited"}
    return tuple(
        NoiseEstimate("filter", "this filter", method, t.n, t.rate, t.low, t.high, t.reason)
        for method, t in told.items()
    )


def _rows(store: Store, rows: pa.Table, gold: bool) -> Rows:
    names = rows["source"].combine_chunks().dictionary_encode()
    source = names.indices.to_numpy().astype(np.int64)
    models = store.evidence_models
    return Rows(
        evidence=_floats(rows["evidence"]),
        right=_floats(rows["gold"]) if gold else np.full(len(source), np.nan),
        source=source,
        label=rows["label"].to_numpy().view(np.int64),
        priors=np.array([models[name].prior for name in names.dictionary.to_pylist()]),
    )


def _by_runs(store: Store, filter: PairFilter) -> bool:
    """Return whether a condition is about a signal that runs made."""
    made = {c.name for c in store.signal_columns if c.run_id or c.signal in _OF_RUNS}
    return any(condition.name in made for condition in filter.conditions)


def _floats(column: pa.ChunkedArray) -> Floats:
    return np.asarray(column.to_numpy(), np.float64)


def noise_range(rows: Sequence[NoiseEstimate]) -> Ends | None:
    """Return what the rates of a slice say together, None when none is told.

    Where all 90 % intervals have something in common it is the narrowest of them; where methods
    differ, from the lowest end to the highest.
    """
    told = [(row.low, row.high) for row in rows if row.low is not None and row.high is not None]
    if not told:
        return None
    lows, highs = zip(*told, strict=True)
    if max(lows) <= min(highs):
        return min(told, key=lambda ends: ends[1] - ends[0])
    return min(lows), max(highs)


def store_noise(estimates: Sequence[NoiseEstimate]) -> StoreNoise:
    """Put together the ranges of the sources that have one; the others are not spoken of."""
    by_source: dict[str, list[NoiseEstimate]] = {}
    for row in estimates:
        if row.slice == "source":
            by_source.setdefault(row.value, []).append(row)
    told = [
        (max(row.n for row in rows), ends)
        for rows in by_source.values()
        if (ends := noise_range(rows)) is not None
    ]
    n = sum(rows for rows, _ in told)
    if not n:
        return StoreNoise(None, 0, None)
    low, high = (sum(rows * ends[i] for rows, ends in told) / n for i in (0, 1))
    worth = [clean_equivalent(rows, ends) for rows, ends in told]
    return StoreNoise((low, high), n, (sum(w[0] for w in worth), sum(w[1] for w in worth)))


def clean_equivalent(rows: int, noise: Ends) -> tuple[int, int]:
    """Return the least and the most n_eff = n·(1 − 2e)² over a range of noise rates.

    The error of a model trained on n labels with a share e reversed goes as √(d/n)/(1 − 2e), so
    they are worth n_eff clean ones. Source: Chowdhury et al. 2024, arXiv:2403.00409.
    """
    worth = sorted(round(rows * (1 - 2 * rate) ** 2) for rate in noise)
    # A range around one half holds the worthless set itself.
    return (0 if noise[0] <= 0.5 <= noise[1] else worth[0]), worth[1]
