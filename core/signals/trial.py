"""A trial: the same flips are planted for every detector, and it is counted who finds them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from core.errors import ScoreError
from core.schema import Bools, Floats, SignalInputs
from core.schema.trials import DetectorScore, FlipKind, Measure
from core.signals.detection_metrics import (
    Weights,
    bootstrap,
    probabilities,
    ranking,
    rates,
    summary,
)
from core.signals.detectors import Detection, Found, detect
from core.signals.planting import flip_rows, plant

FEWEST_ROWS = 50
FEWEST_WRONG = 20
"""Labels that gold contradicts, below which real noise is not ranked."""

Relearn = Callable[[SignalInputs, Bools], SignalInputs]
"""The planted copy and its flips → the copy with the runs that learn from labels made anew."""

_NO_PROBABILITY = "It gives no probability."
_NO_RATE = "It estimates no noise rate."
_ONE_KIND = "The rows that it speaks about are all planted, or none of them is."
_FEW_WRONG = f"Gold contradicts fewer than {FEWEST_WRONG} of the labels that it speaks about."


@dataclass
class Bench:
    """Collects what every detector does on one copy after the other; all rows have a label."""

    inputs: SignalInputs
    relearn: Relearn = field(default=lambda copy, flips: copy)
    draws: int = 200
    planted: int = 0
    absent: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the rows, and draw the samples that all detectors and seeds share."""
        check_rows(self.inputs)
        self._weights: Weights = bootstrap(len(self.inputs.tie), self.draws)
        self._rows: dict[str, list[int]] = {}
        self._titles: dict[str, str] = {}
        self._found: dict[str, dict[str, list[Floats]]] = {}
        self._before: dict[str, Floats] = {}
        self._gold: dict[str, Floats] = {}

    def before(self) -> None:
        """Ask the detectors about the labels as they are: the noise that was there already."""
        found = self._ask(np.zeros(len(self.inputs.tie), np.bool_))
        gold, wrong = self.inputs.gold, self.inputs.gold == 0
        for name, one in found.detections.items():
            if one.counted is not None and one.among is not None:
                self._before[name] = rates(one.counted, one.among, self._weights)
            score = np.where(np.isfinite(gold), one.score, np.nan)
            if int((wrong & np.isfinite(score)).sum()) >= FEWEST_WRONG:
                self._gold[name] = ranking(score, wrong, self._weights)["auroc"]

    def plant(self, kind: FlipKind, rate: float, seed: int) -> None:
        """Plant flips by this seed and measure every detector on them."""
        flips = plant(self.inputs, kind, rate, seed)
        self.planted = int(flips.sum())
        found = self._ask(flips)
        for name, one in found.detections.items():
            self._titles[name] = found.titles[name]
            self._rows.setdefault(name, []).append(int(np.isfinite(one.score).sum()))
            measured = self._found.setdefault(name, {})
            for measure, values in self._measured(name, one, flips).items():
                measured.setdefault(measure, []).append(values)

    def results(self) -> tuple[DetectorScore, ...]:
        """Return every detector's means and intervals, the best AUROC first."""
        scores = [self._score(name) for name in self._found]
        return tuple(sorted(scores, key=_order))

    def silent(self) -> Mapping[str, str]:
        """Return the detectors that never spoke, each with the sentence that says why."""
        heard = tuple(self._found)
        return {
            name: why
            for name, why in self.absent.items()
            if not any(one == name or one.startswith(f"{name}_") for one in heard)
        }

    def _ask(self, flips: Bools) -> Found:
        found = detect(self.relearn(flip_rows(self.inputs, flips), flips))
        self.absent |= found.absent
        return found

    def _measured(self, name: str, one: Detection, flips: Bools) -> Mapping[str, Floats]:
        measured = dict(ranking(one.score, flips, self._weights))
        if one.p is not None:
            measured |= probabilities(one.p, flips, self._weights)
        if one.counted is not None and one.among is not None:
            rate = rates(one.counted, one.among, self._weights)
            known = np.isfinite(one.score) * 1.0
            planted = rates(
                np.where(np.isfinite(one.score), flips * 1.0, 0.0), known, self._weights
            )
            measured |= {"noise_rate": rate, "noise_error": np.abs(rate - planted)}
            if name in self._before:
                measured["noise_rise"] = rate - self._before[name]
        return measured

    def _score(self, name: str) -> DetectorScore:
        found, rows = self._found[name], self._rows[name]
        measures: dict[str, Measure] = {
            measure: summary(found.get(measure, []), reason)
            for reason, group in _REASONS.items()
            for measure in group
        }
        gold = [self._gold[name]] if name in self._gold else []
        measures["gold_auroc"] = summary(gold, _FEW_WRONG)
        return DetectorScore(
            name, self._titles[name], round(sum(rows) / len(rows)), len(rows), measures
        )


def check_rows(inputs: SignalInputs) -> None:
    """Raise ScoreError where there is nothing to try: too few labels, or no run to trust."""
    labelled = int((~inputs.tie).sum())
    if not labelled:
        raise ScoreError("None of these rows has a label.", "Ties cannot be reversed.")
    if labelled < FEWEST_ROWS:
        raise ScoreError(
            f"{labelled} labelled rows are too few for a trial.",
            f"It takes {FEWEST_ROWS}; a wider filter or a larger set has them.",
        )
    leaks = [run.leaks_label for run in inputs.rewards.values()]
    leaks += [run.leaks_label for run in inputs.logps.values()]
    if not leaks:
        raise ScoreError(
            "No run has scored these pairs, so there is no detector to try.",
            "python -m core score crossfit makes one without a GPU.",
        )
    if all(leaks):
        raise ScoreError(
            "Every run moves with the labels under test, so none can find a planted flip honestly.",
            "python -m core score crossfit makes one that does not.",
        )


def run_trial(
    inputs: SignalInputs, kind: FlipKind, rate: float, seeds: Iterable[int], draws: int = 200
) -> tuple[DetectorScore, ...]:
    """Return how well every detector finds flips planted in rows that all have a label."""
    bench = Bench(inputs, draws=draws)
    bench.before()
    for seed in seeds:
        bench.plant(kind, rate, seed)
    return bench.results()


def _order(score: DetectorScore) -> tuple[bool, float, str]:
    auroc = score.measures["auroc"].value
    return auroc is None, -(auroc or 0.0), score.name


_REASONS: Mapping[str, tuple[str, ...]] = {
    _ONE_KIND: ("auroc", "auprc", "precision_at_k", "recall_at_k"),
    _NO_RATE: ("noise_rate", "noise_error", "noise_rise"),
    _NO_PROBABILITY: ("brier", "ece"),
}
