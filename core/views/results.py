"""What views answer: small frozen results, the input of charts and pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from core.schema import (
    Cursor,
    Decomposition,
    Floats,
    Ints,
    JobProgress,
    NoiseEstimate,
    RunInfo,
    SignalColumn,
)


@dataclass(frozen=True)
class Share:
    """A share with its Wilson 95 % interval; `value` is None when n is 0."""

    k: int
    n: int
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Count:
    """How many rows a filter keeps, and its sentence."""

    matching: int
    total: int
    sentence: str
    note: str = ""
    """How far a search came that ran out of time, "" where it saw every text."""


@dataclass(frozen=True)
class SourceRow:
    """One source on Overview."""

    name: str
    format: str
    licence: str | None
    pairs: int
    unique_pairs: int
    ties: int
    votes: int
    gold: int


@dataclass(frozen=True)
class RunHealth:
    """One run against the labels (and gold) of the rows it covers."""

    run_id: str
    scorer: str
    model: str | None
    column: str
    """Its explicit margin's column."""
    covered: int
    rows: int
    agreement: Share
    """Margins > 0 among rows with a label and a margin other than 0."""
    gold_agreement: Share
    """Same, against gold where there is gold."""
    leaks_label: bool


@dataclass(frozen=True)
class Overview:
    """What is in the store."""

    pairs: int
    unique_pairs: int
    prompts: int
    responses: int
    ties: int
    votes: int
    sources: tuple[SourceRow, ...]
    runs: tuple[RunHealth, ...]
    longer_wins: Share
    duplicates: int
    """Rows whose pair and label stand in another row too."""
    contradictions: int
    """Rows whose pair stands with the opposite label in another row."""
    noise: tuple[float, float] | None
    """From where to where the 90 % intervals of the methods reach; None when none tells."""
    clean_equivalent: tuple[int, int] | None
    """Labelled rows n·(1−2e)² at those two rates, lowest first."""
    gold_noise: Share
    """Labels that gold contradicts, among rows with gold."""
    noise_told: int = 0
    """Labelled rows of the sources that `noise` speaks of."""
    source_runs: Mapping[str, int] = field(default_factory=dict)
    """Source → runs with margins there that do not leak the label."""
    noise_estimates: tuple[NoiseEstimate, ...] = ()
    """Of every slice, by every method."""


@dataclass(frozen=True)
class Histogram:
    """Counts of one signal in equal bins, per slice; counts + nulls = total."""

    signal: str
    edges: Floats
    """bins + 1 edges."""
    series: Mapping[str, Ints]
    """Slice name → counts per bin; one entry "all" when not sliced."""
    nulls: int
    total: int
    quantiles: Mapping[float, float]
    """Of the filtered rows; empty when there are none."""
    reversed: Ints | None = None
    """Of all slices together, the rows whose label gold contradicts; None where it speaks of none
    or where that is not asked."""


@dataclass(frozen=True)
class RunHistogram:
    """One run's explicit margin over the filtered rows, and how often it agrees with the label."""

    histogram: Histogram
    agreement: Share
    """Margins above 0 among those that are not 0."""


@dataclass(frozen=True)
class Density:
    """Counts of two signals in a grid; counts + nulls = total."""

    x: str
    y: str
    x_edges: Floats
    y_edges: Floats
    counts: Ints
    """Shape (y bins, x bins)."""
    nulls: int
    total: int


@dataclass(frozen=True)
class Calibration:
    """How often labels agree with a witness, per group of about equally many rows of a signal."""

    signal: str
    against: str
    """`gold` or `votes`."""
    centres: Floats
    """Mean of the signal in each group."""
    shares: tuple[Share, ...]


@dataclass(frozen=True)
class PairRow:
    """A row of Browse's table or of a suspects list; texts cut to a preview."""

    row_id: int
    pair_id: str
    source: str
    split: str
    row: int
    tie_kind: str | None
    prompt: str
    chosen: str
    rejected: str
    signals: Mapping[str, float | None]


@dataclass(frozen=True)
class PairPage:
    """One keyset page."""

    rows: tuple[PairRow, ...]
    after: Cursor | None
    """Where the next page starts, None on the last."""


@dataclass(frozen=True)
class Turn:
    """One message of a conversation."""

    role: str
    content: str


@dataclass(frozen=True)
class RunScore:
    """One run's two rewards of a pair."""

    run_id: str
    chosen: float | None
    rejected: float | None


@dataclass(frozen=True)
class Vote:
    """One vote that came with a source; `winner` is chosen, rejected or None for a tie."""

    annotator: str
    aspect: str | None
    winner: str | None
    tie_kind: str | None
    strength: float | None
    reason: str | None


@dataclass(frozen=True)
class Sibling:
    """Another row of the same pair or of the same prompt."""

    row_id: int
    pair_id: str
    source: str
    split: str
    row: int
    relation: str
    """`duplicate`, `contradiction`, `same pair` (one of the two is a tie) or `same prompt`."""
    preview: str


@dataclass(frozen=True)
class PairDetail:
    """Everything about one row."""

    row_id: int
    pair_id: str
    source: str
    split: str
    row: int
    label_kind: str
    tie_kind: str | None
    strength: float | None
    prompt: tuple[Turn, ...]
    chosen: tuple[Turn, ...]
    rejected: tuple[Turn, ...]
    chosen_model: str | None
    rejected_model: str | None
    extra: str | None
    signals: Mapping[str, float | None]
    scores: tuple[RunScore, ...]
    votes: tuple[Vote, ...]
    gold: str | None
    """`chosen`, `rejected`, a tie kind, or None."""
    siblings: tuple[Sibling, ...]


Kind = Literal["reward model", "judge", "policy"]
"""What a run is called where runs are counted."""


@dataclass(frozen=True)
class Evidence:
    """One run's margin of a row; positive agrees with the label."""

    name: str
    kind: Kind
    margin: float


@dataclass(frozen=True)
class Suspect:
    """A row that looks reversed, with its reasons."""

    pair: PairRow
    suspicion: float
    evidence: tuple[Evidence, ...]
    decomposition: Decomposition
    """What the suspicion is made of."""
    reasons: tuple[str, ...]
    gold: str | None


@dataclass(frozen=True)
class SuspectPage:
    """Most suspected first."""

    suspects: tuple[Suspect, ...]
    after: Cursor | None


@dataclass(frozen=True)
class SignalChoice:
    """A stored signal a page can offer, with its words."""

    column: SignalColumn
    title: str
    unit: str
    direction: str


@dataclass(frozen=True)
class ScoredRun:
    """One run on Scorers: what it is, how whole it is, and how it stands to what is known."""

    info: RunInfo
    column: str | None
    """The margin that says what it prefers; None where it has none, as embeddings."""
    covered: int
    """Labelled rows with that margin."""
    agreement: Share
    """Margins > 0 among those that are not 0."""
    gold_agreement: Share
    ties: Share
    """Margins of exactly 0: both responses got the same."""
    longer: Share
    """The longer response got more, among rows of unequal length with a margin other than 0."""


@dataclass(frozen=True)
class RunsAgreement:
    """How often two runs prefer the same response, over the rows where both prefer one."""

    names: tuple[str, ...]
    """The labels first, then runs."""
    same: Ints
    """Shape (names, names)."""
    both: Ints
    left_out: tuple[str, ...] = ()
    """Runs beyond the most that are compared."""


@dataclass(frozen=True)
class ScoredRuns:
    """Every run of the store."""

    rows: int
    """Rows with a label."""
    runs: tuple[ScoredRun, ...]
    agreement: RunsAgreement
    longer_labelled: Share
    """The longer response is the chosen one."""


@dataclass(frozen=True)
class Job:
    """A run that is being made, or that stopped before its end."""

    progress: JobProgress
    running: bool
    share: float
    """Of the total, in [0,1]."""
    per_second: float | None
    """Units a second in this sitting; None before the first ones."""
    tokens_per_second: float | None
    seconds_left: float | None
    seconds_silent: float
    """Since the last news."""
