"""What formats give the store: pairs, votes, ratings, gold, and how an import went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from core.schema.base import Ints

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
