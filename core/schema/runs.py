"""What scorers are given, and what a run says about itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa

from core.schema.base import Ints

_TEXT = pa.string()
PLAN_COLUMNS = pa.schema(
    [
        ("prompt_id", pa.int64()),
        ("prompt_text", _TEXT),
        ("prompt_messages", _TEXT),
        ("response_id", pa.int64()),
        ("response_text", _TEXT),
        ("response_messages", _TEXT),
    ]
)
"""Responses to score, one per row; of `*_text` and `*_messages` one is set, as in PAIR_COLUMNS."""

JUDGE_COLUMNS = pa.schema(
    [
        ("pair_id", pa.int64()),
        ("prompt_text", _TEXT),
        ("prompt_messages", _TEXT),
        ("first_id", pa.int64()),
        ("first_text", _TEXT),
        ("first_messages", _TEXT),
        ("second_id", pa.int64()),
        ("second_text", _TEXT),
        ("second_messages", _TEXT),
    ]
)
"""Pairs to judge, one per row; `first_id` is the smaller id, so that nothing tells the label."""


@dataclass(frozen=True)
class LabelledPairs:
    """Rows with a winner, for scorers that learn from labels."""

    prompt_id: Ints
    chosen_id: Ints
    rejected_id: Ints
    source: tuple[str, ...]


@dataclass(frozen=True)
class ScoringPlan:
    """All that a scorer gets. Texts are read in pieces, so that memory does not grow with them."""

    ids: Ints
    """Ids to score: of responses, or of pairs for a scorer of pairs; those of a prompt together."""
    prompt_id: Ints
    """The prompt of each."""
    chars: Ints
    """Length of each with its prompt."""
    read: Callable[[Ints], pa.Table]
    """ids → rows of PLAN_COLUMNS (or JUDGE_COLUMNS) in the order of the ids."""
    labels: LabelledPairs | None = None
    """Given to scorers that learn from labels, None to others."""
    seed: int = 42


@dataclass(frozen=True)
class Provenance:
    """What made a run's numbers; unknown is None, never a guess."""

    model: str | None = None
    """Name on a hub, or the folder's name."""
    revision: str | None = None
    """Commit on the hub, or SHA-256 of a folder's files."""
    reference: str | None = None
    reference_revision: str | None = None
    dtype: str | None = None
    chat_template_hash: str | None = None
    tokenizer_hash: str | None = None
    device: str | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RunInfo(Provenance):
    """`run.json`."""

    run_id: str
    """Name in columns and links: lower case letters, digits, underscores, 48 at most."""
    scorer: str
    leaks_label: bool = False
    """Its numbers moved with the label under test: kept out of suspicion."""
    state: Literal["running", "done"] = "done"
    responses: int = 0
    """Rows of its parts: responses, or pairs for a judge."""
    truncated: int | None = None
    """How many were cut to the model's context."""
    failed: int | None = None
    """How many have no number: NaN, infinite, empty or unreadable."""
    tokens: int | None = None
    seconds: float | None = None
    notes: tuple[str, ...] = ()
    """What happened on the way, in sentences."""


@dataclass(frozen=True)
class JobProgress:
    """`progress.json` of a run that is being made."""

    run_id: str
    scorer: str
    done: int
    total: int
    tokens: int
    started: str
    updated: str
    """UTC, ISO 8601."""
    unit: str = "responses"
    before: int = 0
    """How many of `done` earlier sittings had scored."""
