"""What a trial of the detectors found: flips that were planted, and who found them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

FlipKind = Literal["symmetric", "length", "annotator"]
FLIP_KINDS: tuple[FlipKind, ...] = get_args(FlipKind)

MEASURES = (
    "auroc",
    "auprc",
    "precision_at_k",
    "recall_at_k",
    "noise_rate",
    "noise_error",
    "noise_rise",
    "brier",
    "ece",
    "gold_auroc",
)
"""Names of what is measured of a detector; `noise_rise` is the rate over that without planting."""


@dataclass(frozen=True)
class Measure:
    """A mean over the seeds with its 90 % bootstrap interval over rows and seeds."""

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""
    """Why there is no value; empty when there is one."""


@dataclass(frozen=True)
class DetectorScore:
    """How one detector did."""

    name: str
    title: str
    rows: int
    """Rows that it speaks about, the mean over its seeds; the rest count for its recall only."""
    seeds: int
    """Seeds in which it said anything; nothing is measured of it in the others."""
    measures: Mapping[str, Measure]
    """By the names of MEASURES."""


@dataclass(frozen=True)
class Trial:
    """One trial of all detectors on the same planted flips."""

    kind: FlipKind
    rate: float
    """Share of the rows that was asked for."""
    seeds: int
    rows: int
    """Labelled rows in the trial."""
    planted: int
    """Of them, reversed in each seed."""
    sentence: str
    """Which rows: the filter in words."""
    matching: int
    """Labelled rows that the filter keeps; more than `rows` where a sample was taken."""
    relearnt: tuple[str, ...]
    """Runs whose scorer learnt anew from the planted labels of every seed."""
    gold_rows: int
    """Rows in the trial with gold."""
    gold_wrong: int
    """Of them, those whose label gold contradicts, before anything was planted."""
    made: str
    """UTC, ISO 8601."""
    detectors: tuple[DetectorScore, ...]
    """Best AUROC first."""
    absent: Mapping[str, str] = field(default_factory=dict)
    """Detector → why it could say nothing."""
