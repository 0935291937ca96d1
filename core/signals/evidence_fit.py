"""Fit what a source's runs say about its labels: weights, slope and prior."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from core.schema import Bools, Calibrated, EvidenceModel, EvidenceWeight, Floats, Ints
from core.signals.calibration import calibrate
from core.signals.consensus import against_others, consensus, moments, moved_by_labels
from core.signals.evidence import RunMargin, Weighing, patterns
from core.signals.mixture import A_HIGH, A_LOW, fit_mirrored
from core.signals.noise import FEWEST, Noise, noise_of, wilson_low

STACKED = 200
"""Gold answers of a source from which on they set the weights in place of the labels."""
_FAINT = 0.1
"""Deviation, in logits, of evidence that may rank rows and not say how suspicious they are."""
_TOGETHER = 3
"""Runs that agree with each other below which a ranking without the labels' support means nothing.
"""
_LITTLE = 0.25
"""A run with less than this share of an equal weight is told about."""


@dataclass(frozen=True)
class _Level:
    slope: float
    prior: float
    calibrated: Calibrated
    note: str


def fit_evidence(
    source: str, runs: Sequence[RunMargin], margins: Floats, right: Floats, rate: float = 0.0
) -> EvidenceModel:
    """Fit one source: margins of shape (n, K), gold `right` (1, 0 or NaN) of shape (n,).

    `rate` above 0 is taken as the share of reversed labels. With 200 gold answers they set the
    weights, with 100 they set slope and prior; else both come from the margins alone.
    """
    sizes = np.array([_size(column) for column in margins.T])
    told = np.flatnonzero(sizes > 0)
    standard = np.full(margins.shape, np.nan)
    standard[:, told] = margins[:, told] / sizes[told]
    weighing = _weighing(standard, told, right)
    units = weighing.units(standard)
    usual = _usual(np.isfinite(standard) & (weighing.weights > 0))
    noise = noise_of(units[usual])
    said = bool(np.isfinite(margins).any())
    level = _level(source, noise, units, usual, right, weighing, rate, said)
    return EvidenceModel(
        source=source,
        weights=_weights(runs, margins, sizes, weighing),
        moments=tuple(tuple(map(float, row)) for row in weighing.products),
        slope=level.slope,
        prior=level.prior,
        calibrated=level.calibrated,
        n=int(np.isfinite(units).sum()),
        agreement=noise.agreement,
        note=" ".join(filter(None, (level.note, _majority(source, margins[:, told], level)))),
    )


def _size(margins: Floats) -> float:
    """Return the population deviation of a run that says something of at least 50 rows, else 0."""
    known = margins[np.isfinite(margins)]
    if len(known) < FEWEST:
        return 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        size = float(known.std())
        mean = abs(float(known.mean()))
    # Equal numbers leave a rounding error of their size; it is no spread.
    return size if np.isfinite(size) and size > 1e-9 * mean else 0.0


def _weighing(standard: Floats, told: Ints, right: Floats) -> Weighing:
    k = standard.shape[1]
    weights, products = np.zeros(k), np.zeros((k, k))
    if len(told):
        kept = standard[:, told]
        shared = moments(kept)
        known = np.isfinite(right)
        heard = (kept * np.where(right == 1, 1.0, -1.0)[:, None])[known]
        weights[told] = moved_by_labels(
            heard if known.sum() >= STACKED else kept, consensus(shared)
        )
        products[np.ix_(told, told)] = shared
    return Weighing(weights, products)


def _usual(known: Bools) -> Bools:
    """Return which rows are judged by the set of runs that judges most rows."""
    some = known.any(1)
    if not some.any():
        return np.array(some, np.bool_)
    place = patterns(known)[1]
    most = int(np.bincount(place[some]).argmax())
    return np.array(some & (place == most), np.bool_)


def _level(
    source: str,
    noise: Noise,
    units: Floats,
    usual: Bools,
    right: Floats,
    weighing: Weighing,
    rate: float,
    said: bool,
) -> _Level:
    gold = calibrate(units, right)
    if gold is not None:
        return _Level(gold.slope, _logit(rate) if rate else _bounded(gold.prior), "gold", "")
    if noise.above_chance:
        assumed = rate or noise.assumed
        fit = fit_mirrored(units[usual], 1 - assumed)
        kind: Calibrated = "margins" if noise.rate is not None else "assumption"
        return _Level(2 * fit.mu / fit.s**2, _logit(assumed), kind, _told(source, noise, rate))
    if noise.n and _may_rank(noise, weighing):
        slope = _FAINT / max(float(units[usual].std()), 1e-300)
        note = (
            f"{source}: {noise.reason}, yet its runs agree with each other. They give an order to "
            "look at the labels; how suspicious one is cannot be said without gold answers."
        )
        return _Level(slope, _logit(noise.assumed), "assumption", note)
    return _Level(0.0, 0.0, "assumption", _silence(source, noise, said))


def _silence(source: str, noise: Noise, said: bool) -> str:
    """Return why there is no suspicion; nothing where no run ever spoke."""
    if not said:
        return ""
    few = f"fewer than {FEWEST} labelled rows have a margin of a run that varies"
    return f"{source}: no suspicion, because {noise.reason if noise.n else few}."


def _may_rank(noise: Noise, weighing: Weighing) -> bool:
    """Return whether enough runs stand together, and the labels are not against them."""
    if noise.agreement is None:
        return False
    together = against_others(weighing.products, weighing.weights)
    united = (weighing.weights > 0) & (together > 2 / noise.n**0.5)
    below_chance = wilson_low(1 - noise.agreement, noise.n) > 0.5
    return not below_chance and int(united.sum()) >= _TOGETHER


def _told(source: str, noise: Noise, given: float) -> str:
    if given:
        return f"{source}: the noise rate was set to {given:.0%}."
    if noise.reason:
        return (
            f"{source}: {noise.reason}, so {noise.assumed:.0%} is assumed, the middle of what an "
            f"agreement of {noise.agreement:.0%} leaves possible; the order within the source does "
            "not depend on it."
        )
    return ""


def _majority(source: str, margins: Floats, level: _Level) -> str:
    """Say so where most runs do not agree with the labels above chance and no gold tells why."""
    signs = [np.sign(column[np.isfinite(column) & (column != 0)]) for column in margins.T]
    above = sum(wilson_low(float((s > 0).mean()), len(s)) > 0.5 for s in signs if len(s))
    if len(signs) < 2 or 2 * above > len(signs) or level.calibrated == "gold":
        return ""
    return (
        f"{source}: {above} of {len(signs)} runs agree with the labels above chance. Where fewer "
        "than half do, nothing here tells which of them are inverted: gold answers would."
    )


def _weights(
    runs: Sequence[RunMargin], margins: Floats, sizes: Floats, weighing: Weighing
) -> tuple[EvidenceWeight, ...]:
    together = against_others(weighing.products, weighing.weights)
    little = _LITTLE / max(int((sizes > 0).sum()), 1)
    found = []
    for k, run in enumerate(runs):
        known = margins[np.isfinite(margins[:, k]), k]
        decided = int(np.count_nonzero(known))
        with_others = None if np.isnan(together[k]) else float(together[k])
        found.append(
            EvidenceWeight(
                run_id=run.run_id,
                column=run.column,
                n=len(known),
                deviation=float(sizes[k]),
                weight=float(weighing.weights[k]),
                agreement=float((known > 0).sum() / decided) if decided else None,
                consensus=with_others,
                reason=_why(len(known), sizes[k], with_others, weighing.weights[k] < little),
            )
        )
    return tuple(found)


def _why(n: int, size: float, consensus: float | None, little: bool) -> str:
    if n < FEWEST:
        return f"fewer than {FEWEST} labelled rows of this source have its margin"
    if size <= 0:
        return "its margins are all the same here"
    if not little:
        return ""
    if consensus is not None and consensus < -2 / n**0.5:
        return f"it goes against the other runs (correlation {consensus:.2f}): is it inverted?"
    if consensus is not None and consensus < 2 / n**0.5:
        return "it agrees with the other runs no more than chance"
    return "the others say the same with less noise"


def _logit(rate: float) -> float:
    return log((1 - rate) / rate)


def _bounded(prior: float) -> float:
    """Keep a prior where no label is ever beyond suspicion, nor held wrong before evidence."""
    return float(np.clip(prior, log(A_LOW / (1 - A_LOW)), log(A_HIGH / (1 - A_HIGH))))
