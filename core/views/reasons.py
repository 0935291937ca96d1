"""Why a label looks reversed, in words; names from the data stand in them as they are."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.views.results import Evidence, Kind, PairRow

TIMES_LONGER = 2.0
"""From here on the length of the rejected answer is worth a word."""
_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

_PLURAL: Mapping[Kind, str] = {
    "reward model": "reward models",
    "judge": "judges",
    "policy": "policies",
}


@dataclass(frozen=True)
class Opposite:
    """Where the pair of a row stands with the opposite label."""

    row_id: int
    """Of the row that is suspected."""
    source: str
    row: int
    """The first such row's number in its source."""
    others: int
    """Such rows in all."""


@dataclass(frozen=True)
class VoteCount:
    """Votes that came with the sources; ties are the rest."""

    row_id: int
    chosen: int
    rejected: int
    votes: int


@dataclass(frozen=True)
class Circumstances:
    """What is known about a row besides its signals."""

    opposite: Opposite | None
    votes: VoteCount | None
    longer_wins: bool
    """Chosen answers are the longer ones on average, so that a longer rejected one is odd."""


def reasons(
    row: PairRow, evidence: tuple[Evidence, ...], circumstances: Circumstances
) -> tuple[str, ...]:
    """Return the reasons to look at a row, the strongest kind first."""
    return (
        *_opposite(circumstances.opposite),
        *_votes(circumstances.votes),
        *_runs(evidence),
        *_ratings(row.signals.get("rating_margin")),
        *_length(row.signals.get("length_ratio"), circumstances.longer_wins),
    )


def _opposite(opposite: Opposite | None) -> Iterator[str]:
    if opposite is None:
        return
    where = f"row {opposite.row:,} of source {opposite.source}"
    more = opposite.others - 1
    also = f" and in {_number(more)} more {'row' if more == 1 else 'rows'}" if more else ""
    yield f"the same pair appears with the opposite label in {where}{also}"


def _votes(votes: VoteCount | None) -> Iterator[str]:
    if votes is not None and votes.rejected > votes.chosen:
        yield f"{votes.rejected} of {votes.votes} votes went to the rejected answer"


def _runs(evidence: tuple[Evidence, ...]) -> Iterator[str]:
    """Say for each kind of run how many prefer the rejected answer."""
    for kind in dict.fromkeys(item.kind for item in evidence):
        yield from _of_kind(kind, [item for item in evidence if item.kind == kind])


def _of_kind(kind: Kind, runs: list[Evidence]) -> Iterator[str]:
    against = sum(item.margin < 0 for item in runs)
    if not against:
        return
    if len(runs) == 1:
        yield f"the only {kind} with scores here, {runs[0].name}, prefers the rejected answer"
    elif against == len(runs):
        which = "both" if against == 2 else f"all {_number(against)}"
        yield f"{which} {_PLURAL[kind]} prefer the rejected answer"
    else:
        verb = "prefers" if against == 1 else "prefer"
        counted = f"{_number(against)} of {_number(len(runs))} {_PLURAL[kind]}"
        yield f"{counted} {verb} the rejected answer"


def _ratings(margin: float | None) -> Iterator[str]:
    if margin is not None and margin < 0:
        yield f"the ratings put the rejected answer ahead by {-margin:.2g}"


def _length(log_ratio: float | None, longer_wins: bool) -> Iterator[str]:
    if log_ratio is not None and longer_wins and log_ratio <= -math.log(TIMES_LONGER):
        times = math.exp(min(-log_ratio, 20.0))
        yield f"the rejected answer is {times:,.1f} times as long"


def _number(n: int) -> str:
    return _WORDS[n] if n < len(_WORDS) else f"{n:,}"
