"""Fit what a source's runs say about its labels: weights, slope and prior."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from core.schema import Bools, Calibrated, EvidenceModel, EvidenceWeight, Floats, Ints
from core.signals.calibration import Beside, calibrate, slope_at
from core.signals.consensus import against_others, consensus, moments, moved_by_labels
from core.signals.evidence import RunMargin, Weighing, patterns
from core.signals.evidence_runs import column, knowing, majority, standardised, weighed
from core.signals.margins import sampled
from core.signals.mixture import A_HIGH, A_LOW, fit_mirrored
from core.signals.noise import FEWEST, Noise, noise_of
from core.signals.wilson import wilson_low

STACKED = 200
"""Gold answers of a source from which on they set the weights in place of the labels."""
_FAINT = 0.1
"""Deviation, in logits, of evidence that may rank rows and not say how suspicious they are."""
_TOGETHER = 3
"""Runs that agree with each other below which a ranking without the labels' support means nothing.
"""
_SAMPLE = 50_000
"""Rows from which the level of the evidence is read; of more, as many evenly spread values."""


@dataclass(frozen=True)
class Known:
    """What gold says of a source's evidence."""

    slope: float
    prior: float
    """Logits that a label is right."""
    note: str = ""


@dataclass(frozen=True)
class Heard:
    """What a source's runs say, before it is said how noisy the labels are."""

    source: str
    runs: tuple[EvidenceWeight, ...]
    weighing: Weighing
    units: Floats
    """Evidence without its slope, shape (n,); NaN where no run speaks."""
    usual: Floats
    """Of the rows that the weightiest set of runs judges, sorted; of many a sample."""
    noise: Noise
    gold: Known | None
    majority: str
    """Where most runs do not agree with the labels above chance: that."""

    @property
    def silent(self) -> bool:
        """Return whether no run spoke of any row."""
        return not any(item.n for item in self.runs)


def hear(
    source: str,
    runs: Sequence[RunMargin],
    margins: Floats,
    right: Floats,
    once: Ints | None = None,
    chosen: Bools | None = None,
) -> Heard:
    """Weigh the runs of one source: margins of shape (n, K), gold `right` (1, 0, NaN) of (n,).

    `once` are the rows that count: of rows that say the same of the same pair, one. `chosen` are
    those whose gold is of people asked about pairs that somebody chose: it sets the slope alone.
    With 200 other gold answers they set the weights, else the runs among themselves and the labels.
    """
    drawn = right if chosen is None else np.where(chosen, np.nan, right)
    counted = np.arange(len(margins)) if once is None else once
    columns = [column(values) for values in margins[counted].T]
    standard = standardised(margins, columns)
    known = knowing(standard[counted], columns)
    told = [k for k, c in enumerate(columns) if c.deviation > 0 and k not in known]
    weighing = _weighing(standard[counted], told, drawn[counted])
    units = weighing.units(standard)
    spoke = np.isfinite(standard[counted]) & (weighing.weights > 0)
    usual = _usual(units[counted], spoke, weighing.weights)
    together = against_others(weighing.products, weighing.weights)
    noise = noise_of(usual)
    return Heard(
        source=source,
        runs=weighed(runs, columns, weighing, together, known),
        weighing=weighing,
        units=units,
        usual=usual,
        noise=noise,
        gold=_known(source, units[counted], right[counted], drawn[counted], noise),
        majority=majority(source, columns),
    )


def fit_evidence(heard: Heard, rate: float = 0.0) -> EvidenceModel:
    """Give what was heard its slope and prior; `rate` above 0 is taken as the share reversed.

    With 100 gold answers they set both, the slope alone where people were asked about chosen pairs;
    else the margins do, or what their agreement allows.
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


def _known(source: str, units: Floats, right: Floats, drawn: Floats, noise: Noise) -> Known | None:
    """Return what 100 gold answers set, shapes (n,); None with fewer.

    Pairs that people were asked about because of their evidence hold as many reversed labels as
    that evidence foretells only where it is a true logit, as heavy-tailed margins are not. They
    tell how steep it is beside a prior from elsewhere: gold that came with the source, or margins.
    """
    found = calibrate(units, drawn)
    voted = np.where(np.isfinite(drawn), np.nan, right)
    if not np.isfinite(voted).any():
        return None if found is None else Known(found.slope, found.prior)
    prior = found.prior if found is not None else _bounded(_logit(noise.assumed))
    both = calibrate(units, drawn, Beside(units, voted, prior))
    if both is None:
        return None
    said = (
        f"{source}: people's answers are on pairs that somebody chose, so they set how much the "
        f"runs say and not how many labels are reversed: {noise.assumed:.0%}, as without them."
    )
    return Known(both.slope, prior, "" if found is not None else said)


def _weighing(standard: Floats, told: Sequence[int], right: Floats) -> Weighing:
    k = standard.shape[1]
    weights, products = np.zeros(k), np.zeros((k, k))
    if told:
        kept = standard[:, told]
        shared = moments(kept)
        heard = moved_by_labels(kept, consensus(shared, np.isfinite(kept).sum(0)))
        audited = np.isfinite(right) & np.isfinite(kept).any(1)
        if audited.sum() >= STACKED:
            toward = kept * np.where(right == 1, 1.0, -1.0)[:, None]
            heard = moved_by_labels(toward[audited], heard)
        weights[told] = heard
        products[np.ix_(told, told)] = shared
    return Weighing(weights, products)


def _usual(units: Floats, spoke: Bools, weights: Floats) -> Floats:
    """Return the evidence of the rows judged by one set of runs: the most rows times weight."""
    rows = np.flatnonzero(spoke.any(1))
    if not len(rows):
        return np.empty(0)
    place = patterns(spoke[rows])[1]
    weight = np.bincount(place, spoke[rows] @ weights)
    return sampled(units[rows[place == int(weight.argmax())]], _SAMPLE)


@dataclass(frozen=True)
class _Level:
    slope: float
    prior: float
    calibrated: Calibrated
    note: str


def _level(heard: Heard, rate: float) -> _Level:
    source, noise, gold = heard.source, heard.noise, heard.gold
    if gold is not None:
        set_to = f"{source}: the noise rate was set to {rate:.0%}." if rate else gold.note
        return _Level(gold.slope, _logit(rate) if rate else _bounded(gold.prior), "gold", set_to)
    if noise.above_chance:
        assumed = rate or noise.assumed
        kind: Calibrated = "margins" if noise.rate is not None else "assumption"
        slope = _slope(heard.usual, assumed)
        return _Level(slope, _logit(assumed), kind, _told(source, noise, rate))
    if noise.n and _may_rank(noise, heard.weighing):
        slope = _FAINT / max(float(heard.usual.std()), 1e-300)
        note = (
            f"{source}: {noise.reason}, yet its runs agree with each other. They give an order to "
            "look at the labels; how suspicious one is cannot be said without gold answers."
        )
        return _Level(slope, _logit(noise.assumed), "assumption", note)
    return _Level(0.0, 0.0, "assumption", "" if heard.silent else _silence(source, noise))


def _slope(usual: Floats, rate: float) -> float:
    """Return logits per unit of evidence: what the bells say, or the signs alone if they say less.

    Bells around two values that are met exactly, as a judge's 1 and −1, would be endlessly sure.
    """
    fit = fit_mirrored(usual, 1 - rate)
    return min(2 * fit.mu / fit.s**2, slope_at(usual, rate))


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
            f"agreement of {noise.agreement:.0%} leaves possible; the order by the runs does not "
            "depend on it."
        )
    return (
        f"{source}: by the shape of the margins {noise.rate:.0%} of the labels are reversed. "
        "Errors that the runs share look the same; gold answers would tell them apart."
    )


def _logit(rate: float) -> float:
    return log((1 - rate) / rate)


def _bounded(prior: float) -> float:
    """Keep a prior where no label is ever beyond suspicion, nor held wrong before evidence."""
    return float(np.clip(prior, log(A_LOW / (1 - A_LOW)), log(A_HIGH / (1 - A_HIGH))))
