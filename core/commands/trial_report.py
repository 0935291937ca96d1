"""What a trial of the detectors says: a JSON object, and a table for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.schema.trials import MEASURES, DetectorScore, Measure, Trial
from core.signals.trial import FEWEST_WRONG

_SHOWN = ("auroc", "auprc", "precision_at_k", "noise_rate")


def trial_data(trial: Trial) -> Mapping[str, object]:
    """Return the JSON object of a trial."""
    data = {name: getattr(trial, name) for name in _FACTS}
    return {**data, "detectors": {one.name: _flat(one) for one in trial.detectors}}


_FACTS = (
    "kind",
    "rate",
    "seeds",
    "rows",
    "planted",
    "sentence",
    "matching",
    "relearnt",
    "gold_rows",
    "gold_wrong",
    "absent",
)


def _flat(one: DetectorScore) -> dict[str, object]:
    found: dict[str, object] = {"title": one.title, "rows": one.rows, "seeds": one.seeds}
    for name in MEASURES:
        measure = one.measures[name]
        found |= {name: measure.value, f"{name}_low": measure.low, f"{name}_high": measure.high}
    reasons = {name: m.reason for name, m in one.measures.items() if m.reason}
    return {**found, "undefined": reasons}


def trial_lines(trial: Trial) -> tuple[str, ...]:
    """Return a trial as a table for people, the best detector first."""
    sample = f", a sample of {trial.matching:,}" if trial.matching > trial.rows else ""
    head = (
        f"{trial.planted:,} of {trial.rows:,} labels reversed ({trial.sentence}{sample}), "
        f"{_SAID[trial.kind]}, {trial.seeds} times over. 90 % intervals over rows and seeds.",
        "",
    )
    real = trial.gold_wrong >= FEWEST_WRONG
    names = ("detector", "AUROC", "90 %", "AUPRC", "P@k", "noise rate", "rows", *_GOLD * real)
    rows = [names, *(_row(one, real, trial.seeds) for one in trial.detectors)]
    absent = tuple(f"Absent: {name}. {why}" for name, why in trial.absent.items())
    return (*head, *_table(rows), "", *_gold_line(trial) * real, *absent)


def _table(rows: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return lines with the first column to the left and numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return tuple(
        "  ".join((row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:]))) for row in rows
    )


def _spoken(one: DetectorScore, seeds: int) -> str:
    """Return its rows, and where it was silent in some of the copies, in how many it spoke."""
    return f"{one.rows:,}" + (f" in {one.seeds} of {seeds}" if one.seeds < seeds else "")


def _row(one: DetectorScore, real: bool, seeds: int) -> tuple[str, ...]:
    auroc, *rest = (one.measures[name] for name in _SHOWN)
    gold = one.measures["gold_auroc"]
    cells = (one.name, _number(auroc), _interval(auroc), *map(_number, rest), _spoken(one, seeds))
    return (*cells, *(_number(gold), _interval(gold)) * real)


def _gold_line(trial: Trial) -> tuple[str, ...]:
    """Say what the last two columns are: noise that nobody planted."""
    return (
        f"Real noise: AUROC of finding, with nothing planted, the {trial.gold_wrong:,} of "
        f"{trial.gold_rows:,} labels that gold contradicts.",
    )


_GOLD = ("real noise", "90 %")


def _number(measure: Measure) -> str:
    return "-" if measure.value is None else f"{measure.value:.3f}"


def _interval(measure: Measure) -> str:
    if measure.low is None or measure.high is None:
        return ""
    return f"{measure.low:.3f}-{measure.high:.3f}"


_SAID: Mapping[str, str] = {
    "symmetric": "any label alike",
    "length": "rather where the rejected answer is longer",
    "annotator": "some annotators' far more than others'",
}
