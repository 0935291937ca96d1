"""What speaks for or against a label, and how much: the pieces of one suspicion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Calibrated = Literal["gold", "margins", "assumption"]
BarKind = Literal["label", "vote", "other label", "run"]


@dataclass(frozen=True)
class EvidenceWeight:
    """One run's part in the evidence about one source's labels."""

    run_id: str
    column: str
    """Stored signal with its margin."""
    n: int
    """Labelled rows of the source with that margin."""
    deviation: float
    """Population deviation of the margin within the source, sizes beyond `limit` counting as it."""
    limit: float
    """6 times the median size of the margin."""
    weight: float
    """Never negative; the weights of a source sum to 1."""
    agreement: float | None
    """Share of its margins above 0 among those that are not 0."""
    consensus: float | None
    """Correlation with what the other runs say together; None beside no other."""
    reason: str
    """Why its weight is near 0; empty where it is not."""


@dataclass(frozen=True)
class EvidenceModel:
    """How the runs' margins of one source become one number, in logits."""

    source: str
    weights: tuple[EvidenceWeight, ...]
    moments: tuple[tuple[float, ...], ...]
    """Mean products of the standardised margins, by the order of `weights`."""
    slope: float
    """Logits per unit of evidence; 0 where nothing can be said."""
    prior: float
    """Logits that a label of this source is right, before the evidence."""
    calibrated: Calibrated
    """What set slope and prior: gold, the margins' shape, or what agreement leaves possible."""
    n: int
    """Labelled rows with evidence."""
    agreement: float | None
    note: str
    """What to know about it, as sentences."""


@dataclass(frozen=True)
class EvidenceBar:
    """One source of evidence about one row's label."""

    kind: BarKind
    name: str
    """A run, an annotator, or the source whose row has the opposite label."""
    logit: float
    """Positive speaks for the label."""
    margin: float | None = None
    """Of a run, in its own units."""


@dataclass(frozen=True)
class Decomposition:
    """Bars whose sum is logit(1 − suspicion)."""

    bars: tuple[EvidenceBar, ...]
    logit: float
    suspicion: float


@dataclass(frozen=True)
class Labeller:
    """Who made labels or votes: a person, or all of a source whose annotators are not named."""

    source: str
    annotator: str | None
    n: int = 0
    """Labels and votes that some evidence stands beside."""
    reliability: float | None = None
    """Share of them that is right, as far as the evidence tells."""
    low: float | None = None
    high: float | None = None
    """90 % interval."""


Method = Literal["repo", "confident", "mirrored", "audited"]


@dataclass(frozen=True)
class NoiseEstimate:
    """What one method says about how many labels of one slice are reversed."""

    slice: str
    """`all`, `source`, `split`, `annotator` or `filter`."""
    value: str
    """Of the slice: the source's name, the split's, and so on."""
    method: Method
    n: int
    """Rows that it uses."""
    rate: float | None
    low: float | None
    high: float | None
    """90 % interval of the rate."""
    reason: str
    """Why there is no rate; empty when there is one."""
