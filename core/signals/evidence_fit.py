"""Fit what a source's runs say about its labels: weights, slope and prior."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from core.schema import Bools, Calibrated, EvidenceModel, EvidenceWeight, Floats, Ints
from core.signals.calibration import Calibration, calibrate
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
_SAMPLE = 50_000
"""Rows from which the level of the evidence is read; of more, evenly spread ones."""
_LITTLE = 0.25
"""A run with less than this share of an equal weight is told about."""


@dataclass(frozen=True)
class Heard:
    """What a source's runs say, before it is said how noisy the labels are."""

    source: str
    runs: tuple[EvidenceWeight, ...]
    weighing: Weighing
    units: Floats
    """Evidence without its slope, shape (n,); NaN where no run speaks."""
    usual: Floats
    """Of the rows that the most usual set of runs judges; of many a sample."""
    noise: Noise
    gold: Calibration | None
    majority: str
    """Where most runs do not agree with the labels above chance: that."""

    @property
    def silent(self) -> bool:
        """Return whether no run spoke of any row."""
        return not any(item.n for item in self.runs)


def hear(source: str, runs: Sequence[RunMargin], margins: Floats, right: Floats) -> Heard:
    """Weigh the runs of one source: margins of shape (n, K), gold `right` (1, 0, NaN) of (n,).

    With 200 gold answers they set the weights, else the runs among themselves and the labels.
    """
    sizes = np.array([_size(column) for column in margins.T])
    told = np.flatnonzero(sizes > 0)
    standard = np.full(margins.shape, np.nan)
    standard[:, told] = margins[:, told] / sizes[told]
    weighing = _weighing(standard, told, right)
    units = weighing.units(standard)
    usual = _usual(units, np.isfinite(standard) & (weighing.weights > 0))
    return Heard(
        source=source,
        runs=_weights(runs, margins, sizes, weighing),
        weighing=weighing,
        units=units,
        usual=usual,
        noise=noise_of(usual),
        gold=calibrate(units, right),
        majority=_majority(source, margins[:, told]),
    )


def fit_evidence(heard: Heard, rate: float = 0.0) -> EvidenceModel:
    """Give what was heard its slope and prior; `rate` above 0 is taken as the share reversed.

    With 100 gold answers they set both; else the margins do, or what their agreement allows.
    """
    level = _level(heard, rate)
    majority = "" if level.calibrated == "gold" else heard.majority
    return EvidenceModel(
        source=heard.source,
        weights=heard.runs,
        moments=tuple(tuple(map(float, row)) for row in heard.weighing.products),
        slope=level.slope,
        prior=level.prior,
        calibrated=level.calibrated,
        n=int(np.isfinite(heard.units).sum()),
        agreement=heard.noise.agreement,
        note=" ".join(filter(None, (level.note, majority))),
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


def _usual(units: Floats, known: Bools) -> Floats:
    """Return the evidence of rows judged by the set of runs that judges most, of many a sample."""
    some = known.any(1)
    if not some.any():
        return np.empty(0)
    place = patterns(known)[1]
    most = int(np.bincount(place[some]).argmax())
    rows = np.flatnonzero(some & (place == most))
    return units[rows[:: max(1, len(rows) // _SAMPLE)]]


@dataclass(frozen=True)
class _Level:
    slope: float
    prior: float
    calibrated: Calibrated
    note: str


def _level(heard: Heard, rate: float) -> _Level:
    source, noise, gold = heard.source, heard.noise, heard.gold
    if gold is not None:
        return _Level(gold.slope, _logit(rate) if rate else _bounded(gold.prior), "gold", "")
    if noise.above_chance:
        assumed = rate or noise.assumed
        fit = fit_mirrored(heard.usual, 1 - assumed)
        kind: Calibrated = "margins" if noise.rate is not None else "assumption"
        return _Level(2 * fit.mu / fit.s**2, _logit(assumed), kind, _told(source, noise, rate))
    if noise.n and _may_rank(noise, heard.weighing):
        slope = _FAINT / max(float(heard.usual.std()), 1e-300)
        note = (
            f"{source}: {noise.reason}, yet its runs agree with each other. They give an order to "
            "look at the labels; how suspicious one is cannot be said without gold answers."
        )
        return _Level(slope, _logit(noise.assumed), "assumption", note)
    return _Level(0.0, 0.0, "assumption", "" if heard.silent else _silence(source, noise))


def _silence(source: str, noise: Noise) -> str:
    """Return why there is no suspicion."""
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


def _majority(source: str, margins: Floats) -> str:
    """Say so where most runs do not agree with the labels above chance."""
    signs = [np.sign(column[np.isfinite(column) & (column != 0)]) for column in margins.T]
    above = sum(wilson_low(float((s > 0).mean()), len(s)) > 0.5 for s in signs if len(s))
    if len(signs) < 2 or 2 * above > len(signs):
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
