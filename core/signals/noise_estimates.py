"""How many labels of a slice are reversed: four ways to tell, side by side, each with its interval.

They rest on different things, so where they differ the range is the answer. A way whose ground is
missing says "not enough evidence" and why.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.schema import Floats, Ints, Method, NoiseEstimate, SignalInputs
from core.signals.audit import audited
from core.signals.calibration import ENOUGH, Beside, Calibration, calibrate
from core.signals.confident import noise_of_confident
from core.signals.labellers import label_numbers
from core.signals.logistic import sigmoid
from core.signals.margins import sampled
from core.signals.mixture import fit_mirrored, noise_interval
from core.signals.noise import FEWEST, noise_of
from core.signals.suspicion_model import Judged

SHORT = "not enough evidence"
_LEVEL = 0.9
_DRAWS = 100
_HALF_CHI_SQUARE = 1.3528
"""Nats within which the mirrored bells' rate has its 90 % interval."""
_SAMPLE = 20_000
"""Rows of a slice that bells and resampling use; of more, as many evenly spread values."""
_EVERYWHERE = 0.9
"""Share of a slice with gold from which on gold is a look at all of it."""


@dataclass(frozen=True)
class Told:
    """A rate with its 90 % interval, or why there is none."""

    n: int
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class Ground:
    """What the estimates of one slice of one source stand on, shape (n,) each."""

    evidence: Floats
    """Logits of the runs for each label; NaN unknown."""
    right: Floats
    """1 where gold agrees with the label, 0 where not, NaN without gold."""
    beside: Beside | None = None
    """Gold on other rows of the source."""


def estimates(ground: Ground) -> dict[Method, Told]:
    """Return what each of the four methods says of one slice."""
    known = np.isfinite(ground.evidence)
    enough = known.sum() >= FEWEST
    found = calibrate(ground.evidence, ground.right, ground.beside) if enough else None
    gate = Told(int(known.sum()), reason="" if found else _missing(bool(enough)))
    return {
        "repo": Told(gate.n, found.rate, found.low, found.high) if found else gate,
        "confident": _confident(ground.evidence[known], found) if found else gate,
        "mirrored": _mirrored(ground),
        "audited": _audited(ground),
    }


@dataclass(frozen=True)
class Rows:
    """What noise is estimated from, shape (n,) each."""

    evidence: Floats
    right: Floats
    """By gold that came with the source. Votes on pairs that somebody chose are none of it: with
    heavy-tailed margins 300 on suspects read 20 % where 9 % was true."""
    source: Ints
    label: Ints
    """Rows of equal number say the same of the same pair in one source: they count once."""
    priors: Floats
    """Per source: logits that a label is right."""


def rows_of(inputs: SignalInputs, judged: Judged) -> Rows:
    """Return all rows; ties have neither evidence nor gold."""
    return Rows(
        evidence=judged.evidence,
        right=np.where(inputs.tie, np.nan, inputs.source_gold),
        source=inputs.source,
        label=label_numbers(inputs.source, inputs.pair_id, inputs.chosen_id),
        priors=np.array([model.prior for model in judged.models]),
    )


def noise_estimates(inputs: SignalInputs, judged: Judged) -> tuple[NoiseEstimate, ...]:
    """Return the estimates of every source, split and annotator, and of all rows together."""
    every = rows_of(inputs, judged)
    return tuple(
        NoiseEstimate(kind, value, method, told.n, told.rate, told.low, told.high, told.reason)
        for kind, value, rows in _slices(inputs)
        for method, told in slice_estimates(every, rows).items()
    )


def slice_estimates(every: Rows, rows: Ints) -> dict[Method, Told]:
    """Return the estimates of some rows, source by source: gold of one tells nothing of another.

    `rows` are indices; gold of the other rows of a source tells of its scale. Empty without rows.
    """
    once = rows[np.unique(every.label[rows], return_index=True)[1]]
    cells = [
        estimates(_ground(every, int(index), once[every.source[once] == index]))
        for index in np.unique(every.source[once])
    ]
    return {m: together([cell[m] for cell in cells]) for m in cells[0]} if cells else {}


def together(cells: Sequence[Told]) -> Told:
    """Return the mean rate of several sources, weighed by their rows; none where one tells none.

    The ends are as far from it as independent errors of the sources add up to.
    """
    if len(cells) == 1:
        return cells[0]
    n = sum(cell.n for cell in cells)
    silent = sum(cell.rate is None for cell in cells)
    if silent:
        return Told(n, reason=f"{SHORT}: {silent} of {len(cells)} sources tell no rate")
    share, rate, low, high = (
        np.array([getattr(cell, name) for cell in cells], np.float64)
        for name in ("n", "rate", "low", "high")
    )
    share = share / max(n, 1)
    mean = float(share @ rate)
    below = float(np.sqrt(((share * (rate - low)) ** 2).sum()))
    above = float(np.sqrt(((share * (high - rate)) ** 2).sum()))
    return Told(n, mean, max(mean - below, 0.0), min(mean + above, 1.0))


def _ground(every: Rows, source: int, rows: Ints) -> Ground:
    known = (every.source == source) & np.isfinite(every.right)
    known[rows] = False
    others = np.flatnonzero(known)
    others = others[np.unique(every.label[others], return_index=True)[1]]
    beside = Beside(every.evidence[others], every.right[others], float(every.priors[source]))
    return Ground(every.evidence[rows], every.right[rows], beside)


def _slices(inputs: SignalInputs) -> Iterator[tuple[str, str, Ints]]:
    labelled = np.flatnonzero(~inputs.tie)
    if len(labelled):
        yield "all", "all", labelled
    for name, column, names in (
        ("source", inputs.source, inputs.source_names),
        ("split", inputs.split, inputs.split_names),
        ("annotator", inputs.labeller, _people(inputs)),
    ):
        for index, value in enumerate(names):
            if value is not None and len(rows := labelled[column[labelled] == index]):
                yield name, value, rows


def _people(inputs: SignalInputs) -> tuple[str | None, ...]:
    return tuple(
        None if who.annotator is None else f"{who.annotator} ({who.source})"
        for who in inputs.labellers
    )


def _confident(evidence: Floats, scale: Calibration) -> Told:
    """Resample rows, and the slope by its standard error, for the interval."""
    logits = scale.slope * sampled(evidence, _SAMPLE)
    n, pick = len(logits), np.random.default_rng(0)
    rate = noise_of_confident(sigmoid(logits))
    drawn = [
        noise_of_confident(sigmoid(logits[pick.integers(0, n, n)] * factor))
        for factor in np.exp(pick.normal(0.0, scale.doubt, _DRAWS))
    ]
    known = [one for one in drawn if one is not None]
    if rate is None or 2 * len(known) < _DRAWS:
        why = "the runs are hardly better than a coin on this slice"
        return Told(len(evidence), reason=f"{SHORT}: {why}")
    low, high = np.quantile(known, ((1 - _LEVEL) / 2, (1 + _LEVEL) / 2))
    return Told(len(evidence), rate, min(float(low), rate), max(float(high), rate))


def _missing(enough: bool) -> str:
    if not enough:
        return f"{SHORT}: fewer than {FEWEST} labels with evidence"
    return f"{SHORT}: fewer than {ENOUGH} gold answers that came with the data"


def _mirrored(ground: Ground) -> Told:
    known = ground.evidence[np.isfinite(ground.evidence)]
    some = sampled(known, _SAMPLE)
    noise = noise_of(some)
    if noise.rate is None:
        return Told(len(known), reason=f"{SHORT}: {noise.reason}")
    found = noise_interval(some, fit_mirrored(some), _HALF_CHI_SQUARE)
    return Told(len(known), noise.rate, found.low, found.high)


def _audited(ground: Ground) -> Told:
    known = np.isfinite(ground.right)
    n = int(known.sum())
    if n < _EVERYWHERE * len(known) or not n:
        some = f"{n:,} gold answers on rows that somebody chose" if n else "no gold answers"
        return Told(n, reason=f"{SHORT}: {some}; an audit of rows drawn at random would tell")
    found = audited(ground.right[known] == 0, np.ones(n), len(known))
    return Told(n, found.rate, found.low, found.high)
