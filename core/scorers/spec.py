"""What a scorer must say about itself; listing scorers loads no model library."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from core.errors import UsageError
from core.registry import Registry
from core.schema import ScoreBatch, ScoringPlan


@dataclass(frozen=True)
class Param:
    """A setting of a scorer; its type is that of the default."""

    name: str
    default: int | float
    low: float
    high: float
    help: str


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

    def settled(self, given: Mapping[str, object]) -> Mapping[str, int | float]:
        """Return all parameters; raise UsageError for one that is unknown or does not fit."""
        known = {p.name: p for p in self.parameters}
        for name in given:
            if name not in known:
                listed = ", ".join(known) or "none"
                raise UsageError(f"{self.name} has no parameter {name!r}.", f"Known: {listed}.")
        return {p.name: _fitting(p, given.get(p.name, p.default)) for p in self.parameters}


def _fitting(param: Param, value: object) -> int | float:
    try:
        number = type(param.default)(str(value))
    except ValueError as error:
        raise UsageError(f"{param.name} cannot be {value!r}.", param.help) from error
    if not param.low <= number <= param.high:
        raise UsageError(
            f"{param.name} cannot be {value!r}.", f"It is {param.low} to {param.high}."
        )
    return number


SCORERS: Registry[ScorerSpec] = Registry("scorer")
