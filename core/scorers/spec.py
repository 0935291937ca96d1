"""What a scorer must say about itself and do; listing scorers loads no model library."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from core.errors import UsageError
from core.registry import Param, Registry, settle
from core.schema import Provenance, ScoringPlan


def _unsaid(sentence: str) -> None:
    """Drop what would be told."""


@dataclass(frozen=True)
class ScorerOptions:
    """What a person can say about a run; None is the scorer's own choice."""

    model: str | None = None
    """Name on a hub, or a folder."""
    revision: str | None = None
    reference: str | None = None
    device: str | None = None
    dtype: str | None = None
    template: Path | None = None
    """File with a chat template in place of the model's own."""
    endpoint: str | None = None
    head: str | None = None
    pooling: str | None = None
    kl: bool = False
    tokens: bool = False
    trust_remote_code_at: str | None = None
    """Full commit hash whose code may run."""
    parameters: Mapping[str, float] = field(default_factory=dict)
    """The scorer's numbers, settled."""
    seed: int = 42
    threads: int = 0
    """Of the processor; 0 leaves it to the library."""
    say: Callable[[str], None] = field(default=_unsaid, compare=False)
    """Takes sentences that a person should read while it works."""


class Scorer(Protocol):
    """An opened scorer: a model in memory, a connection, or a fitted regression."""

    @property
    def provenance(self) -> Provenance:
        """Return what made the numbers."""
        ...

    @property
    def shard_chars(self) -> int:
        """Return the characters that make a shard, the piece that is written as a whole."""
        ...

    @property
    def shard_items(self) -> int:
        """Return the most responses (or pairs) in a shard."""
        ...

    def prepare(self, rows: pa.Table) -> Any:
        """Turn a shard's rows into what `score` takes; runs in a thread ahead of `score`."""
        ...

    def score(self, prepared: Any) -> Iterator[pa.Table]:
        """Yield value columns, keyed by response_id (or pair_id), batch by batch in any order.

        Float columns may hold NaN or infinity (NULL in the store). `n_tokens` (int32) and
        `truncated` (bool) where they mean something.
        """
        ...


@dataclass(frozen=True)
class ScorerSpec:
    """A registered scorer."""

    name: str
    title: str
    description: str
    limits: str
    paper: str
    columns: Mapping[str, str]
    """Column of the run's parts → what it is, with its unit."""
    takes: tuple[str, ...]
    """Options of `ScorerOptions` it understands; those of `required` must be given."""
    open: Callable[[ScorerOptions, ScoringPlan], Scorer]
    required: tuple[str, ...] = ()
    parameters: tuple[Param, ...] = ()
    needs_labels: bool = False
    """It learns from the labels, so it scores each prompt without that prompt's labels."""
    of_pairs: bool = False
    """It scores pairs (JUDGE_COLUMNS in, pair_id out), not responses."""

    def settled(self, given: Mapping[str, object]) -> Mapping[str, float]:
        """Return all parameters; raise UsageError for one that is unknown or does not fit."""
        return settle(self.name, self.parameters, given)

    def check(self, options: ScorerOptions) -> None:
        """Raise UsageError for an option that this scorer does not take, or that it lacks."""
        for name in OPTIONS:
            given = getattr(options, name)
            if given and name not in self.takes:
                raise UsageError(f"{self.name} takes no {flag(name)}.", self._taken())
            if not given and name in self.required:
                raise UsageError(f"{self.name} needs {flag(name)}.", self._taken())

    def _taken(self) -> str:
        return f"It takes {', '.join(map(flag, self.takes))}." if self.takes else "It takes none."


OPTIONS = (
    "model",
    "revision",
    "reference",
    "device",
    "dtype",
    "template",
    "endpoint",
    "head",
    "pooling",
    "kl",
    "tokens",
    "trust_remote_code_at",
)
"""Options that some scorers take and others do not."""


def flag(option: str) -> str:
    """Return an option as it is typed."""
    return "--" + option.replace("_", "-")


SCORERS: Registry[ScorerSpec] = Registry("scorer")
