"""The frozen values that pass between rooms; nothing here computes more than a name or an id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

SCHEMA_VERSION = 1
"""Version of every file of a store; a later one is refused."""

Side = Literal["chosen", "rejected"]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
RawRow = dict[str, object]

TIE_KINDS = ("tie", "both_bad", "both_good", "neither")
"""How a source can decline to name a winner."""

# --- formats → store ---------------------------------------------------------------------------

_TEXT = pa.string()
PAIR_COLUMNS = pa.schema(
    [
        ("split", _TEXT),
        ("row", pa.int64()),
        ("prompt_messages", _TEXT),
        ("prompt_text", _TEXT),
        ("chosen_messages", _TEXT),
        ("chosen_text", _TEXT),
        ("rejected_messages", _TEXT),
        ("rejected_text", _TEXT),
        ("chosen_model", _TEXT),
        ("rejected_model", _TEXT),
        ("label_kind", _TEXT),
        ("tie_kind", _TEXT),
        ("strength", pa.float64()),
        ("extra", _TEXT),
    ]
)
"""One row per source row. Of `*_messages` (canonical JSON) and `*_text` exactly one is set: text
where the content is one plain user turn (prompt) or one plain assistant turn (responses). In a tie
`chosen` is the response that the source names first. `label_kind` says who named the chosen side:
given (the source), majority (its votes), rating, or tie (nobody). `extra` is a JSON object of what
is left."""

RATING_COLUMNS = pa.schema(
    [
        ("item", pa.int64()),
        ("side", _TEXT),
        ("rater", _TEXT),
        ("aspect", _TEXT),
        ("value", pa.float64()),
        ("leaks_label", pa.bool_()),
    ]
)
VOTE_COLUMNS = pa.schema(
    [
        ("item", pa.int64()),
        ("annotator", _TEXT),
        ("aspect", _TEXT),
        ("winner", _TEXT),
        ("tie_kind", _TEXT),
        ("strength", pa.float64()),
        ("seconds", pa.float64()),
        ("reason", _TEXT),
    ]
)
GOLD_COLUMNS = pa.schema([("item", pa.int64()), ("winner", _TEXT), ("tie_kind", _TEXT)])
SCORE_COLUMNS = pa.schema(
    [
        ("item", pa.int64()),
        ("side", _TEXT),
        ("run", _TEXT),
        ("value", pa.float64()),
        ("leaks_label", pa.bool_()),
    ]
)
"""`item` is the position of the pair in the batch's `pairs`; `side`/`winner` is chosen or rejected
(winner NULL = a tie with its `tie_kind`)."""


@dataclass(frozen=True)
class Skipped:
    """A source row that was quarantined."""

    origin: str
    """File (or dataset) the row came from."""
    line: int
    """Line number from 1 in text files, record number from 1 elsewhere."""
    reason: str
    """One sentence for a stranger."""
    text: str = ""
    """The first characters of the row."""


@dataclass(frozen=True)
class RawBatch:
    """Some source rows as they are. JSON values that are not plain scalars are JSON text."""

    table: pa.Table
    """One column per source column."""
    rows: Ints
    """Row number in (source, split), from 0."""
    lines: Ints
    """Line or record number in `origin`, from 1."""
    origin: str
    split: str
    skipped: tuple[Skipped, ...] = ()
    """Rows of this stretch that could not even be read."""
    json_columns: frozenset[str] = frozenset()
    """Columns of `table` that hold JSON text of nested or mixed values."""


@dataclass(frozen=True)
class Recognition:
    """What import takes a source for."""

    format: str
    confidence: float
    """Share of the first rows that fit, in [0,1]."""
    why: str
    """The columns and value shapes that told."""


@dataclass(frozen=True)
class PairBatch:
    """Canonical pairs and what came with them; schemas above."""

    pairs: pa.Table
    ratings: pa.Table = field(default_factory=RATING_COLUMNS.empty_table)
    votes: pa.Table = field(default_factory=VOTE_COLUMNS.empty_table)
    gold: pa.Table = field(default_factory=GOLD_COLUMNS.empty_table)
    scores: pa.Table = field(default_factory=SCORE_COLUMNS.empty_table)
    skipped: tuple[Skipped, ...] = ()
    losses: Mapping[str, int] = field(default_factory=dict)
    """What the source said that the store cannot hold: sentence → number of rows."""
    unpaired: int = 0


@dataclass(frozen=True)
class SourceInfo:
    """Where pairs come from."""

    name: str
    format: str
    origin: str
    revision: str | None = None
    licence: str | None = None
    named: bool = False
    """The person gave the name; then each source keeps all its rows, see the store's writer."""


@dataclass(frozen=True)
class ImportReport:
    """Counts of one import; every source row is in exactly one of rows or skipped."""

    format: str
    rows: int
    """Rows read as pairs, before what is there already is left out."""
    pairs: int
    """Rows in the store afterwards."""
    unique_pairs: int
    new_pairs: int
    duplicates: int
    """Imported rows whose pair and label stand elsewhere as well."""
    contradictions: int
    """Imported rows whose pair stands elsewhere with the opposite label."""
    ties: int
    unpaired: int
    votes: int
    ratings: int
    gold: int
    runs: tuple[str, ...]
    skipped: int
    reasons: Mapping[str, int]
    losses: Mapping[str, int]
    seconds: float
    quarantine: str | None = None
    """File with the skipped rows, when there are any."""


# --- runs --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ResponseBatch:
    """Responses to score; text is flat (turns joined), prompts likewise."""

    response_id: Ints
    prompt_id: Ints
    prompts: tuple[str, ...]
    responses: tuple[str, ...]


@dataclass(frozen=True)
class LabelledPairs:
    """Rows with a winner, for scorers that learn from labels."""

    prompt_id: Ints
    chosen_id: Ints
    rejected_id: Ints
    source: tuple[str, ...]


@dataclass(frozen=True)
class ScoringPlan:
    """All that a scorer gets: responses to score and, where it learns, the labels."""

    responses: ResponseBatch
    labels: LabelledPairs
    seed: int = 42


@dataclass(frozen=True)
class ScoreBatch:
    """Scores of some responses."""

    response_id: Ints
    reward: Floats
    n_tokens: Ints | None = None
    truncated: Bools | None = None


@dataclass(frozen=True)
class RunInfo:
    """`run.json`: unknown provenance is None, never a guess."""

    run_id: str
    """Name in columns and links: lower case letters, digits, underscores, 48 at most."""
    scorer: str
    model: str | None = None
    revision: str | None = None
    dtype: str | None = None
    chat_template_hash: str | None = None
    device: str | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    leaks_label: bool = False
    """Its numbers moved with the label under test: kept out of suspicion."""
    state: Literal["running", "done"] = "done"
    responses: int = 0


# --- signals -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class RunValues:
    """One run's rewards aligned to rows; NaN where unknown (NULL at the store's door)."""

    chosen: Floats
    rejected: Floats
    leaks_label: bool = False


@dataclass(frozen=True)
class SignalInputs:
    """Columns aligned to row_id 0 … n−1; NaN is unknown."""

    row_id: Ints
    tie: Bools
    source: Ints
    """Index into `source_names`."""
    source_names: tuple[str, ...]
    pair_id: Ints
    chosen_id: Ints
    chosen_chars: Floats
    rejected_chars: Floats
    votes_chosen: Floats
    votes_rejected: Floats
    votes_tie: Floats
    rating_chosen: Floats
    rating_rejected: Floats
    gold: Floats
    """1 gold names the chosen side, 0 the rejected side, NaN unknown or a tie."""
    rewards: Mapping[str, RunValues]


@dataclass(frozen=True)
class SignalColumn:
    """A stored signal: a row of `signal_info`."""

    name: str
    """Column name."""
    signal: str
    """Name in the registry."""
    run_id: str | None
    params: Mapping[str, float]
    n: int
    mean: float | None
    std: float | None
    """Population standard deviation."""
    note: str = ""
    """Why it is empty or to be read with care; a sentence."""


@dataclass(frozen=True)
class NoiseRow:
    """What one run's margins say about the labels of one source."""

    run_id: str
    source: str
    n: int
    """Margins used: all, or a fixed sample of many."""
    rate: float | None
    low: float | None
    high: float | None
    """95 % interval of the rate."""
    at_most: float | None
    """No higher rate is possible with the run's agreement with the labels."""
    reason: str
    """Why there is no rate; empty when there is one."""


# --- asking ------------------------------------------------------------------------------------

Scalar = str | float | bool | None


@dataclass(frozen=True)
class Condition:
    """`name op value`; op one of = != < <= > >= null notnull."""

    name: str
    op: str
    value: Scalar = None


@dataclass(frozen=True)
class PairFilter:
    """Which rows: read as SQL, as parameters and as a sentence (`store.filters`)."""

    sources: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    search: str = ""
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Order:
    """Sort by a stored column; NULL last; ties broken by row_id."""

    name: str = "row_id"
    descending: bool = False


@dataclass(frozen=True)
class Cursor:
    """Last row of a page: keyset paging continues after it."""

    value: float | None
    row_id: int


def id_text(value: int) -> str:
    """Return an id as 16 hexadecimal digits; browsers round integers above 2^53."""
    return f"{value:016x}"


def id_number(text: str) -> int | None:
    """Return the id behind 16 hexadecimal digits, None when it is none."""
    if len(text) != 16 or any(c not in "0123456789abcdef" for c in text):
        return None
    number = int(text, 16)
    return number if number < 1 << 63 else None
