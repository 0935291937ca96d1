"""How many rows each step of an export left out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Counts:
    """`matching` is the sum of all others."""

    matching: int
    """Rows the filter found."""
    ties: int
    """Left out: nobody named a winner, so there is nothing to prefer."""
    contradictions: int
    """Left out: all rows of a pair that stands with both labels; a trainer cannot obey both."""
    duplicates: int
    """Left out: further rows of the same pair with the same label; the first one stays. Where
    contradictions are kept, those with the other label too."""
    unwritable: int
    """Left out: a turn without a text, or with a tool call, which no format here can hold."""
    unselected: int
    """Left out by the preset."""
    selected: int
    removed: int = 0
    """Left out by people's verdicts."""
    contaminated: int = 0
    """Left out: the prompt is an evaluation prompt, or nearly so."""
    capped: int = 0
    """Left out: a slice had more than its cap."""
    unbalanced: int = 0
    """Left out: other slices had fewer."""
