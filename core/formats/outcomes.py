"""Who won, in the source's order; turned into chosen and rejected only when a label is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.schema import TIE_KINDS, Side

Position = Literal["first", "second"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The place that won, or the kind of tie."""

    winner: Position | None
    tie_kind: str | None = None


FIRST, SECOND, TIE = Outcome("first"), Outcome("second"), Outcome(None, "tie")
OUTCOMES = {"first": FIRST, "second": SECOND, "tie": TIE}
OUTCOMES |= {f"tie:{kind}": Outcome(None, kind) for kind in TIE_KINDS}
"""How a mapping file writes an outcome."""


def side_of(place: Position, label: Outcome) -> Side:
    """Return the side of a place; in a tie the first stands as chosen."""
    return "chosen" if place == (label.winner or "first") else "rejected"


def opposite(outcome: Outcome) -> Outcome:
    """Return the outcome with the places swapped."""
    return {"first": SECOND, "second": FIRST}.get(outcome.winner or "", outcome)


def majority(votes: Sequence[Outcome]) -> Outcome:
    """Return what more votes say than anything else; equal counts are a tie."""
    first, second = votes.count(FIRST), votes.count(SECOND)
    ties = len(votes) - first - second
    if first > max(second, ties):
        return FIRST
    if second > max(first, ties):
        return SECOND
    kinds = {vote.tie_kind for vote in votes if vote.winner is None}
    return Outcome(None, kinds.pop()) if len(kinds) == 1 and ties > first + second else TIE
