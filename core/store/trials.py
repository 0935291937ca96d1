"""The last trials of a generation, one per kind of flips: `detect-<digits>.json`.

What was tried are a generation's pairs and runs, so the file has the digits of its signals and goes
with them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from core.schema.trials import FLIP_KINDS, MEASURES, DetectorScore, Measure, Trial
from core.store.files import write_json
from core.store.layout import Generation, trial_name

MOST_BYTES = 10_000_000


def write_trial(root: Path, generation: Generation, trial: Trial) -> None:
    """Keep a trial, in place of the one of the same kind; call while holding the writer lock."""
    kept = [one for one in read_trials(root, generation) if one.kind != trial.kind]
    write_json(root / trial_name(generation), {"trials": [asdict(one) for one in (trial, *kept)]})


def read_trials(root: Path, generation: Generation) -> tuple[Trial, ...]:
    """Return the trials of a generation, the last one first; what cannot be read is not there."""
    path = root / trial_name(generation)
    try:
        if path.stat().st_size > MOST_BYTES:
            return ()
        data = json.loads(path.read_text("utf-8"))
        return tuple(_trial(entry) for entry in data["trials"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return ()


def _trial(data: Mapping[str, Any]) -> Trial:
    given = {f.name: data[f.name] for f in fields(Trial)}
    trial = Trial(
        **{
            **given,
            "detectors": tuple(_score(entry) for entry in data["detectors"]),
            "relearnt": tuple(_text(name) for name in data["relearnt"]),
            "absent": {_text(k): _text(v) for k, v in data["absent"].items()},
        }
    )
    counts = (trial.seeds, trial.rows, trial.planted, trial.matching)
    if not all(type(n) is int and n >= 0 for n in (*counts, trial.gold_rows, trial.gold_wrong)):
        raise ValueError("a count is no count")
    if trial.kind not in FLIP_KINDS or not (isinstance(trial.rate, float) and 0 < trial.rate < 1):
        raise ValueError("what was planted is not said")
    _text(trial.sentence), _text(trial.made)
    return trial


def _score(data: Mapping[str, Any]) -> DetectorScore:
    if type(data["rows"]) is not int or type(data["seeds"]) is not int:
        raise ValueError("a count is no count")
    measures = {name: _measure(data["measures"][name]) for name in MEASURES}
    name, title = _text(data["name"]), _text(data["title"])
    return DetectorScore(name, title, data["rows"], data["seeds"], measures)


def _measure(data: Mapping[str, Any]) -> Measure:
    value, low, high = (_number(data[name]) for name in ("value", "low", "high"))
    return Measure(value, low, high, _text(data["reason"]))


def _number(value: object) -> float | None:
    if value is None:
        return None
    if not isinstance(value, float) or not abs(value) < 1e9:
        raise ValueError("a measure is no number")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a text is no text")
    return value
