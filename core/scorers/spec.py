"""What a scorer must say about itself; listing scorers loads no model library."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from core.registry import Param, Registry, settle
from core.schema import ScoreBatch, ScoringPlan

Score = Callable[[ScoringPlan, Mapping[str, object]], Iterator[ScoreBatch]]


@dataclass(frozen=True)
class ScorerSpec:
    """A registered scorer."""

    name: str
    title: str
    description: str
    limits: str
    paper: str
    needs_labels: bool
    """It learns from the labels, so it must score each prompt without that prompt's labels."""
    parameters: tuple[Param, ...]
    score: Score
    versions: Callable[[], Mapping[str, str]]
    """Libraries that make the numbers → version."""

    def settled(self, given: Mapping[str, object]) -> Mapping[str, float]:
        """Return all parameters; raise UsageError for one that is unknown or does not fit."""
        return settle(self.name, self.parameters, given)


SCORERS: Registry[ScorerSpec] = Registry("scorer")
