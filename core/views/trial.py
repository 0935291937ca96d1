"""Trials: which detector found the flips that were planted in this store."""

from __future__ import annotations

from pathlib import Path

from core.schema.trials import DetectorScore, Trial
from core.store.layout import Generation
from core.store.trials import read_trials


def trials(root: Path, generation: Generation) -> tuple[Trial, ...]:
    """Return the trials of a generation that ranked something, the last one first."""
    return tuple(one for one in read_trials(root, generation) if ranked(one))


def ranked(trial: Trial) -> tuple[DetectorScore, ...]:
    """Return the detectors with an AUROC, the best first."""
    known = [one for one in trial.detectors if one.measures["auroc"].value is not None]
    return tuple(sorted(known, key=lambda one: (-(one.measures["auroc"].value or 0.0), one.name)))


def in_doubt(trial: Trial) -> tuple[DetectorScore, ...]:
    """Return the detectors whose interval reaches that of the best one, without the best."""
    best, *rest = ranked(trial) or (None,)
    low = best.measures["auroc"].low if best else None
    if low is None:
        return ()
    return tuple(one for one in rest if one and (one.measures["auroc"].high or 0.0) >= low)
