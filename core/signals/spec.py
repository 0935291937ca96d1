"""What a signal must say about itself; pages, commands and tests walk the registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core.registry import Param, Registry, settle
from core.schema import Floats, SignalInputs


@dataclass(frozen=True)
class Values:
    """One column: NaN or infinite where the signal says nothing."""

    values: Floats
    note: str = ""
    """Why it is empty or to be read with care; sentences."""


Compute = Callable[[SignalInputs, Mapping[str, float]], Mapping[str, Values]]
"""Inputs and parameters → one column per run, or one under ""; none where nothing provides it."""


@dataclass(frozen=True)
class Vector:
    """A worked case that a test replays."""

    given: Mapping[str, object]
    """Columns for `core.signals.inputs.make_inputs`; what is left out is unknown."""
    expected: tuple[float | None, ...]
    """Per row of the only column; None where it is NULL."""
    params: Mapping[str, float] = field(default_factory=dict)
    tol: float = 1e-6


@dataclass(frozen=True)
class SignalSpec:
    """A registered number per row."""

    name: str
    title: str
    family: str
    formula: str
    """Plain text."""
    latex: str
    direction: str
    """What a high, or a positive, value means."""
    unit: str
    lower: float | None
    upper: float | None
    """Bounds; None where there is none."""
    needs: str
    """What provides it, said where it is absent."""
    paper: str
    limits: str
    example: str
    """The first vector in words."""
    vectors: tuple[Vector, ...]
    compute: Compute
    params: tuple[Param, ...] = ()
    per_run: bool = False
    signed: bool = False
    """Negated when the two sides swap."""
    mirrored: bool = False
    """A share: 1 less it when the two sides swap."""
    integer: bool = False
    """Stored as TINYINT, else as REAL."""

    def column(self, run_id: str | None) -> str:
        """Return the name of the column for a run."""
        return f"{self.name}_{run_id}" if run_id else self.name

    def settled(self, given: Mapping[str, float]) -> Mapping[str, float]:
        """Return all parameters; raise UsageError for one that is unknown or out of bounds."""
        return settle(self.name, self.params, given)


SIGNALS: Registry[SignalSpec] = Registry("signal")
