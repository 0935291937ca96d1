"""What people said of a row's pair on Relabel, and what that comes to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.store.instance import Store


@dataclass(frozen=True)
class LogVote:
    """One vote of the log."""

    annotator: str
    winner: str | None
    """`chosen` or `rejected`, of a tie the response named first or second; None: `tie_kind`."""
    tie_kind: str | None
    strength: int | None
    tags: str
    rationale: str
    voted_at: datetime
    """UTC."""
    late: bool
    """Kept beside, not counted."""


@dataclass(frozen=True)
class RowVerdict:
    """What the votes on a pair say of one of its rows."""

    verdict: str | None
    """As the filter `verdict` names it."""
    share: float | None
    """Of the votes, those that agree with it."""
    n_votes: int
    source_of: str
    """Where it comes from: votes by a rule, or a reviewer."""


@dataclass(frozen=True)
class RowVotes:
    """Both."""

    votes: tuple[LogVote, ...]
    verdict: RowVerdict | None


def row_votes(store: Store, row_id: int) -> RowVotes:
    """Return the log's votes on a row's pair; none where nobody was asked."""
    asked = {"row_id": row_id}
    votes = store.query("browse_log_votes", asked).to_pylist()
    told = store.query("browse_log_verdict", asked).to_pylist()
    return RowVotes(
        votes=tuple(LogVote(**vote) for vote in votes),
        verdict=RowVerdict(**told[0]) if told else None,
    )
