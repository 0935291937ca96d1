"""How well a score finds what was planted: ranks, probabilities and rates, with a bootstrap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.schema import Bools, Floats, Ints
from core.schema.trials import Measure

Weights = npt.NDArray[np.uint8]
"""How often each draw holds each row, shape (draws, n); the first draw is the rows themselves."""

DRAWS = 200
BINS = 10
LEVEL = 0.9
_CELLS = 2_000_000
"""Of a piece of the draws that is worked on at once: 16 MB an array."""


def bootstrap(n: int, draws: int = DRAWS, seed: int = 0) -> Weights:
    """Return the rows themselves and `draws` samples of them with replacement (Efron 1979)."""
    rng, weights = np.random.default_rng(seed), np.ones((draws + 1, n), np.uint8)
    for draw in range(1, draws + 1):
        weights[draw] = np.minimum(np.bincount(rng.integers(n, size=n), minlength=n), 255)
    return weights


def ranking(score: Floats, truth: Bools, weights: Weights | None = None) -> Mapping[str, Floats]:
    """Return auroc, auprc, precision_at_k and recall_at_k per draw, shape (draws,).

    score, shape (n,): higher is more likely true; NaN is never found. AUROC is the share of pairs
    (true, false) in the right order, half for equal scores (Hanley and McNeil 1982); AUPRC is the
    average precision Σ (R_i − R_{i−1})·P_i over distinct scores. k is the number of true rows
    with a score; equal scores at the cut count by their share. Precision is that of the first k,
    recall counts true rows without a score as missed. NaN where a draw has no true or no false row.
    """
    known = np.flatnonzero(np.isfinite(score))
    all_rows = np.ones((1, len(score)), np.uint8) if weights is None else weights
    every = _sums(all_rows, truth.astype(np.float64))
    order = known[np.argsort(-score[known], kind="stable")]
    steps = _steps(score[order], truth[order])
    found = [
        _ranked(piece[:, order], steps, every[start : start + len(piece)])
        for start, piece in _pieces(all_rows)
    ]
    return {name: np.concatenate([part[name] for part in found]) for name in found[0]}


@dataclass(frozen=True)
class _Steps:
    """Groups of equal scores with a true row, best first; only there do hits rise."""

    true: Ints
    """Places of all true rows."""
    last: Ints
    """Of `true`, the last one in each group."""
    start: Ints
    """Where each group starts."""
    end: Ints
    """Its last place."""


def _steps(score: Floats, truth: Bools) -> _Steps:
    true = np.flatnonzero(truth)
    if not len(score):
        return _Steps(true, true, true, true)
    first = np.flatnonzero(np.append(True, np.diff(score) != 0))
    ends = np.append(first[1:], len(score)) - 1
    group = np.searchsorted(ends, true)
    last = np.flatnonzero(np.append(np.diff(group) != 0, True)) if len(true) else true
    return _Steps(true, last, first[group[last]], ends[group[last]])


def _ranked(rows: Weights, steps: _Steps, every: Floats) -> dict[str, Floats]:
    total = np.zeros((len(rows), rows.shape[1] + 1), np.int32)
    np.cumsum(rows, axis=1, out=total[:, 1:])
    hits = np.cumsum(rows[:, steps.true], axis=1, dtype=np.int32)[:, steps.last].astype(np.float64)
    before = np.concatenate([np.zeros((len(rows), 1)), hits[:, :-1]], axis=1)[:, : hits.shape[1]]
    above, until = total[:, steps.start], total[:, steps.end + 1]
    new, right = hits - before, hits[:, -1] if hits.shape[1] else np.zeros(len(rows))
    wrong = total[:, -1] - right
    with np.errstate(invalid="ignore", divide="ignore"):
        # Half of the misses with the same score count as above it.
        beaten = wrong[:, None] - (above - before + until - hits) / 2
        precision = np.where(until > 0, hits / until, 0.0)
        reached = np.clip((right[:, None] - above) / (until - above), 0.0, 1.0)
        at_k = np.where(new > 0, new * reached, 0.0).sum(1)
        return {
            "auroc": (new * beaten).sum(1) / (right * wrong),
            "auprc": (new * precision).sum(1) / np.where(wrong > 0, right, np.nan),
            "precision_at_k": at_k / right,
            "recall_at_k": at_k / every,
        }


def probabilities(p: Floats, truth: Bools, weights: Weights | None = None) -> Mapping[str, Floats]:
    """Return brier = mean (p − y)² and ece per draw, shape (draws,); NaN p is left out.

    ECE = Σ_b n_b/n·|mean p − mean y| over ten equal bins of p.
    Sources: Brier 1950; Naeini et al. 2015.
    """
    known = np.flatnonzero(np.isfinite(p))
    all_rows = np.ones((1, len(p)), np.uint8) if weights is None else weights
    said, true = p[known], truth[known].astype(np.float64)
    n = _sums(all_rows, np.isfinite(p).astype(np.float64))
    bins = np.minimum((said * BINS).astype(np.int64), BINS - 1)
    gaps = [
        np.abs(_sums(all_rows[:, known[bins == b]], (said - true)[bins == b])) for b in range(BINS)
    ]
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "brier": _sums(all_rows[:, known], (said - true) ** 2) / n,
            "ece": np.sum(gaps, axis=0) / n,
        }


def rates(counted: Floats, among: Floats, weights: Weights | None = None) -> Floats:
    """Return Σ counted / Σ among per draw, shape (draws,); rows with an unknown one are left out.

    The rate of a detector whose fit stays as it is: the draws change the rows, not the fit.
    """
    known = np.isfinite(counted) & np.isfinite(among)
    all_rows = np.ones((1, len(counted)), np.uint8) if weights is None else weights
    with np.errstate(invalid="ignore", divide="ignore"):
        part = _sums(all_rows, np.where(known, counted, 0.0))
        return part / _sums(all_rows, np.where(known, among, 0.0))


def summary(by_seed: Sequence[Floats], reason: str, seed: int = 0) -> Measure:
    """Return the mean over seeds of each seed's first draw, and the interval of all draws.

    A draw takes seeds with replacement as well as rows. A seed without a value is left out; without
    any there is only the `reason`, and no interval where a tenth of the draws is undefined.
    """
    if not by_seed or not any(np.isfinite(draws[0]) for draws in by_seed):
        return Measure(None, reason=reason)
    table = np.array(by_seed)
    seeds = np.random.default_rng(seed).integers(len(table), size=(table.shape[1] - 1, len(table)))
    drawn = table[seeds, np.arange(1, table.shape[1])[:, None]]
    means = _mean(drawn)
    known = np.sort(means[np.isfinite(means)])
    value = float(_mean(table[:, :1].T)[0])
    if not len(known) or len(known) < LEVEL * len(means):
        return Measure(value)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(known, (tail, 1 - tail))
    return Measure(value, float(low), float(high))


def _mean(rows: Floats) -> Floats:
    """Return each row's mean over what is known, NaN where nothing is."""
    known = np.isfinite(rows)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, rows, 0.0).sum(1) / known.sum(1), np.float64)


def _sums(weights: Weights, values: Floats) -> Floats:
    return np.concatenate([piece @ values for _, piece in _pieces(weights)])


def _pieces(weights: Weights) -> list[tuple[int, Weights]]:
    size = max(1, _CELLS // max(1, weights.shape[1]))
    return [(start, weights[start : start + size]) for start in range(0, len(weights), size)]
