"""Rows with a first and a second response and somebody's word on who won, gathered into pairs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from core.formats.assemble import content_columns, pair_table, skip
from core.formats.conversations import PairContent
from core.formats.outcomes import Outcome, Position, side_of
from core.formats.values import extra_of
from core.schema import (
    GOLD_COLUMNS,
    RATING_COLUMNS,
    SCORE_COLUMNS,
    VOTE_COLUMNS,
    PairBatch,
    RawBatch,
    Skipped,
)


@dataclass(frozen=True, slots=True)
class Judged:
    """One pair in the source's order and what the source says of it."""

    content: PairContent
    label: Outcome
    label_kind: str = "given"
    first_model: str | None = None
    second_model: str | None = None
    strength: float | None = None
    split: str | None = None
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Ballot:
    """One annotator's vote."""

    annotator: str
    outcome: Outcome
    aspect: str | None = None
    strength: float | None = None
    seconds: float | None = None
    reason: str | None = None


@dataclass
class JudgedRows:
    """The pairs of one batch while they are built."""

    batch: RawBatch
    rows: list[Judged] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    ratings: list[tuple[object, ...]] = field(default_factory=list)
    votes: list[tuple[object, ...]] = field(default_factory=list)
    gold: list[tuple[object, ...]] = field(default_factory=list)
    scores: list[tuple[object, ...]] = field(default_factory=list)
    losses: Counter[str] = field(default_factory=Counter)

    def add(self, at: int, row: Judged) -> None:
        """Add a pair; what is added next belongs to it."""
        self.positions.append(at)
        self.rows.append(row)

    def skip(self, at: int, reason: str) -> None:
        """Quarantine a row."""
        self.skipped.append(skip(self.batch, at, reason))

    def side(self, place: Position) -> str:
        """Return the side of a place of the pair added last."""
        return side_of(place, self.rows[-1].label)

    def vote(self, ballot: Ballot) -> None:
        """Add a vote on the pair added last."""
        winner = self._winner(ballot.outcome)
        kind = ballot.outcome.tie_kind
        said = (ballot.strength, ballot.seconds, ballot.reason)
        item = len(self.rows) - 1
        self.votes.append((item, ballot.annotator, ballot.aspect, winner, kind, *said))

    def judge(self, outcome: Outcome) -> None:
        """Add the gold answer of the pair added last."""
        self.gold.append((len(self.rows) - 1, self._winner(outcome), outcome.tie_kind))

    def _winner(self, outcome: Outcome) -> str | None:
        return self.side(outcome.winner) if outcome.winner else None

    def finish(self, used: frozenset[str]) -> PairBatch:
        """Return the batch of pairs; columns that are not in `used` go to `extra`."""
        positions = np.array(self.positions, dtype=np.int64)
        extra = extra_of(self.batch, used)
        columns = {**self._columns(), "extra": extra.texts.take(positions)}
        return PairBatch(
            pairs=pair_table(self.batch, positions, columns),
            ratings=_table(self.ratings, RATING_COLUMNS),
            votes=_table(self.votes, VOTE_COLUMNS),
            gold=_table(self.gold, GOLD_COLUMNS),
            scores=_table(self.scores, SCORE_COLUMNS),
            skipped=tuple(self.skipped),
            losses={**self.losses, **extra.losses},
        )

    def _columns(self) -> dict[str, pa.Array]:
        chosen = [_chosen_first(row) for row in self.rows]
        numbers = self.batch.rows[np.array(self.positions, dtype=np.int64)].tolist()
        plain = {
            "split": [r.split or self.batch.split for r in chosen],
            "row": [n if r.row is None else r.row for r, n in zip(chosen, numbers, strict=True)],
            "chosen_model": [r.first_model for r in chosen],
            "rejected_model": [r.second_model for r in chosen],
            "label_kind": [r.label_kind if r.label.winner else "tie" for r in chosen],
            "tie_kind": [r.label.tie_kind for r in chosen],
            "strength": [r.strength for r in chosen],
        }
        made = {name: pa.array(values) for name, values in plain.items()}
        return {**made, **content_columns([r.content for r in chosen])}


def _chosen_first(row: Judged) -> Judged:
    """Return the row with the winner in the first place; a tie keeps the source's order."""
    if row.label.winner != "second":
        return row
    return replace(
        row,
        content=replace(row.content, first=row.content.second, second=row.content.first),
        first_model=row.second_model,
        second_model=row.first_model,
    )


def _table(rows: list[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else ((),) * len(schema)
    arrays = [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
