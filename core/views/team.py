"""What charts of people's work are drawn from; `relabel` makes it of the log."""

from __future__ import annotations

from dataclasses import dataclass

from core.signals.agreement import Agreement


@dataclass(frozen=True)
class Agreed:
    """How far people agree on some votes."""

    kind: str
    """`all`, `queue` or `source`."""
    name: str
    alpha: Agreement
    """Krippendorff's."""
    kappa: Agreement
    """Cohen's where two people met on the same pairs, Fleiss' where more did."""


@dataclass(frozen=True)
class AuditPoint:
    """What an audit said at one time."""

    at: int
    """Microseconds since 1970, UTC."""
    judged: int
    """Pairs with a verdict by then, ranked or drawn."""
    rate: float
    low: float
    high: float
    naive: float | None
    """Share among all judged pairs, as if they had been drawn evenly."""


@dataclass(frozen=True)
class Worked:
    """When and how fast one person works, practice left out."""

    person: str
    answers: int
    last: int
    """Microseconds since 1970, UTC."""
    per_hour: float | None
    """Answers per hour at work: pauses of more than ten minutes are none. None of one answer."""
    days: tuple[tuple[int, int], ...]
    """Days since 1970 (UTC) and answers on each."""
