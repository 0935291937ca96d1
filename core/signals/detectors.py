"""Detectors: everything here that says which labels look reversed, asked in one way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from core.schema import Floats, SignalInputs
from core.signals.compute import compute_one
from core.signals.confident import confident_learning
from core.signals.logistic import sigmoid
from core.signals.margins import difference, rows_by_source
from core.signals.mixture import fit_mirrored
from core.signals.spec import SIGNALS


@dataclass(frozen=True)
class Detection:
    """What a detector says of every row, shape (n,) each; NaN where it says nothing."""

    score: Floats
    """Higher is more likely reversed."""
    p: Floats | None = None
    """P(the label is reversed); None where the score is no probability."""
    counted: Floats | None = None
    """Its noise rate is Σ counted / Σ among; None where it estimates none."""
    among: Floats | None = None


@dataclass(frozen=True)
class Detector:
    """One row of a leaderboard, or one per run."""

    name: str
    title: str
    """`{run}` stands for the run's name."""
    needs: str
    """Why it can be absent."""
    find: Callable[[SignalInputs], Mapping[str, Detection]]
    """Inputs → a detection per run, or one under ""; none where it can say nothing."""


@dataclass(frozen=True)
class Found:
    """All detectors on the same inputs."""

    detections: Mapping[str, Detection]
    """By name; a run's is `<signal>_<run>`."""
    titles: Mapping[str, str]
    absent: Mapping[str, str]
    """Name → the sentence that says why."""


def detect(inputs: SignalInputs) -> Found:
    """Ask every detector; one whose score is unknown everywhere is absent."""
    detections: dict[str, Detection] = {}
    titles: dict[str, str] = {}
    absent: dict[str, str] = {}
    for detector in DETECTORS:
        spoken = {
            run: found
            for run, found in detector.find(inputs).items()
            if np.isfinite(found.score).any()
        }
        for run, found in spoken.items():
            name = f"{detector.name}_{run}" if run else detector.name
            detections[name] = found
            titles[name] = detector.title.format(run=run)
        if not spoken:
            absent[detector.name] = detector.needs
    return Found(detections, titles, absent)


def margins_of(inputs: SignalInputs) -> Mapping[str, Floats]:
    """Return signal column → signed margin, shape (n,), of every run that is no leak.

    Constant margins prefer nothing and are left out.
    """
    found = {}
    for signal, runs in (("explicit_margin", inputs.rewards), ("implicit_margin", inputs.logps)):
        for run, values in runs.items():
            if not values.leaks_label:
                margins = compute_one(signal, inputs, {}, run)
                known = margins[np.isfinite(margins)]
                if len(known) and np.ptp(known) > 0:
                    found[f"{signal}_{run}"] = margins
    return found


def mean_of_z(inputs: SignalInputs, *, centred: bool = True) -> Floats:
    """Return the mean over runs of (m − mean)/std within each source, shape (n,); NaN without any.

    Not centred, its sign is still that of the label: positive agrees.
    """
    total, runs = np.zeros(len(inputs.row_id)), np.zeros(len(inputs.row_id))
    for margins in margins_of(inputs).values():
        for _, rows in rows_by_source(inputs.source):
            standard = _standard(margins[rows], centred)
            known = np.isfinite(standard)
            total[rows[known]] += standard[known]
            runs[rows[known]] += 1
    return np.where(runs > 0, total / np.maximum(runs, 1), np.nan)


def believed(inputs: SignalInputs) -> Floats:
    """Return P(the chosen response is better | the runs' margins), shape (n,); NaN unknown.

    sigmoid(b·m) of the mean of z-scores (not centred), b of each source the likeliest for its own
    labels, as Platt 1999 without an intercept, since the sides have no order. Unknown in a source
    where no positive b fits: there the runs are no better than chance.
    """
    margins, p = mean_of_z(inputs, centred=False), np.full(len(inputs.row_id), np.nan)
    for _, rows in rows_by_source(inputs.source):
        slope = _slope(margins[rows])
        if slope > 0:
            p[rows] = sigmoid(slope * margins[rows])
    return p


def _slope(margins: Floats) -> float:
    """Return b ≥ 0 that maximises Σ ln sigmoid(b·m), at most 50: where all m agree there is none.

    The sum is concave in b, so its slope Σ m·sigmoid(−b·m) is halved in on.
    """
    known = margins[np.isfinite(margins)]
    low, high = 0.0, 50.0
    if not known.sum() > 0:
        return 0.0
    for _ in range(60):
        middle = (low + high) / 2
        rises = (known * sigmoid(-middle * known)).sum() > 0
        low, high = (middle, high) if rises else (low, middle)
    return low


def _standard(margins: Floats, centred: bool) -> Floats:
    known = margins[np.isfinite(margins)]
    if not len(known):
        return margins
    mean, spread = known.mean(), known.std()
    if not (np.isfinite(spread) and spread > 1e-9 * abs(mean)):
        return np.full(len(margins), np.nan)
    return np.asarray((margins - (mean if centred else 0.0)) / spread, np.float64)


# --- one function per detector -----------------------------------------------------------------


def _suspicion(inputs: SignalInputs) -> Mapping[str, Detection]:
    p = compute_one("suspicion", inputs, {})
    return {"": Detection(p, p, p, np.ones(len(p)))}


def _alone(signal: str) -> Callable[[SignalInputs], Mapping[str, Detection]]:
    def find(inputs: SignalInputs) -> Mapping[str, Detection]:
        found = margins_of(inputs)
        start = f"{signal}_"
        return {
            n.removeprefix(start): Detection(-m) for n, m in found.items() if n.startswith(start)
        }

    return find


def _mean_z(inputs: SignalInputs) -> Mapping[str, Detection]:
    return {"": Detection(-mean_of_z(inputs))} if len(margins_of(inputs)) > 1 else {}


def _mirrored(inputs: SignalInputs) -> Mapping[str, Detection]:
    margins, p = mean_of_z(inputs, centred=False), np.full(len(inputs.row_id), np.nan)
    for _, rows in rows_by_source(inputs.source):
        mine = margins[rows]
        if np.count_nonzero(mine[np.isfinite(mine)]) > 1:
            p[rows] = fit_mirrored(mine).flipped(mine)
    return {"": Detection(p, p, p, np.ones(len(p)))}


def _confident(inputs: SignalInputs) -> Mapping[str, Detection]:
    p = believed(inputs)
    said = confident_learning(p)
    if said.threshold is None:
        return {}
    with np.errstate(invalid="ignore"):
        likely = said.flagged | (p >= said.threshold)
    return {"": Detection(1 - p, 1 - p, said.flagged.astype(np.float64), likely.astype(np.float64))}


def _votes(inputs: SignalInputs) -> Mapping[str, Detection]:
    return {"": Detection(1 - compute_one("committee_votes", inputs, {}))}


def _length(inputs: SignalInputs) -> Mapping[str, Detection]:
    longer = difference(inputs.rejected_chars, inputs.chosen_chars, inputs.tie)
    return (
        {"": Detection(longer)} if np.isfinite(longer).any() and np.nanmax(np.abs(longer)) else {}
    )


def _style(inputs: SignalInputs) -> Mapping[str, Detection]:
    if "style_probability" not in SIGNALS.names():
        return {}
    p = 1 - compute_one("style_probability", inputs, {})
    return {"": Detection(p, p)}


def _contradictions(inputs: SignalInputs) -> Mapping[str, Detection]:
    same = compute_one("duplicate_rows", inputs, {})
    opposite = compute_one("contradicting_rows", inputs, {})
    share = opposite / (1 + same + opposite)
    return {"": Detection(share)} if np.nan_to_num(share).any() else {}


def _outside(inputs: SignalInputs) -> Mapping[str, Detection]:
    from core.signals.outside import cleanlab

    return cleanlab(believed(inputs))


_RUN = "A run of rewards, or of a policy with a reference, that does not leak the label."
_RUNS = "Two or more runs that do not leak the label."
DETECTORS: tuple[Detector, ...] = (
    Detector("suspicion", "Suspicion", "Runs that say something about these labels.", _suspicion),
    Detector(
        "explicit_margin", "Run {run}", "A run of rewards that does not leak the label.",
        _alone("explicit_margin"),
    ),
    Detector(
        "implicit_margin", "Run {run}, implicit margin",
        "A run of `score policy` with a reference.", _alone("implicit_margin"),
    ),
    Detector("mean_z", "Mean of z-scores", _RUNS, _mean_z),
    Detector("confident_learning", "Confident learning", _RUN, _confident),
    Detector("mirrored_gaussians", "Mirrored Gaussians", _RUN, _mirrored),
    Detector("committee_votes", "Committee votes", _RUNS, _votes),
    Detector("length", "The longer answer wins", "Pairs whose answers differ in length.", _length),
    Detector(
        "style_probability", "Style alone", "Text statistics: `score textstats` makes them.",
        _style,
    ),
    Detector(
        "contradictions", "Contradicting rows", "A pair that stands in the set with both labels.",
        _contradictions,
    ),
    Detector(
        "cleanlab", "cleanlab (mean of z)", "cleanlab: pip install cleanlab, and a run that is no "
        "leak.", _outside,
    ),
)  # fmt: skip
