"""The votes that count, as arrays: what agreement and verdicts are computed from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from core.schema import Bools, Ints
from core.schema.relabel import CastVote

FIRST, SECOND, TIE, BOTH_BAD, CANNOT_JUDGE = range(5)
"""Values of a vote; first and second are by response id, which tells nothing of a label."""

NO_WINNER = -1
"""In place of a response id."""

_VALUES: Mapping[str | None, int] = {"tie": TIE, "both_bad": BOTH_BAD, "cannot_judge": CANNOT_JUDGE}
_MIDDLE = 1 << 62
"""Half of the largest id."""


@dataclass(frozen=True)
class Ballots:
    """Votes, at most one per person and pair; `unit`, `person` and `value` of shape (votes,)."""

    pairs: tuple[int, ...]
    """Pair ids of the units, ascending."""
    people: tuple[str, ...]
    """By name; `person` counts in it."""
    unit: Ints
    person: Ints
    value: Ints
    winner: Ints
    """Response that won, NO_WINNER with a tie."""

    @property
    def names_winner(self) -> Bools:
        """Return which votes name a response."""
        return self.value <= SECOND

    def judged(self) -> Ballots:
        """Return the votes that judge: all but "cannot judge", which agrees with nothing."""
        return self.where(self.value != CANNOT_JUDGE)

    def met(self) -> Ballots:
        """Return the votes that name a response of a pair of which two people or more name one.

        From these alone one learns how reliable a person is: who votes alone agrees with nobody.
        """
        named = self.where(self.names_winner)
        voices = np.bincount(named.unit, minlength=len(self.pairs))
        return named.where(voices[named.unit] > 1)

    def where(self, rows: Bools) -> Ballots:
        """Return some of the votes; pairs and people stay."""
        return Ballots(
            self.pairs,
            self.people,
            self.unit[rows],
            self.person[rows],
            self.value[rows],
            self.winner[rows],
        )


def ballots(by_pair: Mapping[int, Mapping[str, CastVote]]) -> Ballots:
    """Return the votes of `State.by_pair` as arrays, whatever their order there."""
    pairs = tuple(sorted(pair for pair, cast in by_pair.items() if cast))
    people = tuple(sorted({name for cast in by_pair.values() for name in cast}))
    number = {name: at for at, name in enumerate(people)}
    rows = [
        (unit, number[name], *_said(vote, responses))
        for unit, pair in enumerate(pairs)
        for responses in (_responses(by_pair[pair].values()),)
        for name, vote in sorted(by_pair[pair].items())
    ]
    unit, person, value, winner = np.array(rows, np.int64).reshape(-1, 4).T
    return Ballots(pairs, people, unit, person, value, winner)


def _responses(cast: Iterable[CastVote]) -> tuple[int, ...]:
    """Return the response ids that the votes on one pair tell of, ascending."""
    found = {i for v in cast for i in (v.left_id, v.right_id, v.answer.winner_id) if i is not None}
    return tuple(sorted(found))


def _said(vote: CastVote, responses: tuple[int, ...]) -> tuple[int, int]:
    """Return value and winner of a vote."""
    won = vote.answer.winner_id
    if won is None:
        return _VALUES.get(vote.answer.tie, CANNOT_JUDGE), NO_WINNER
    # Imported votes may name no sides. Where all name one response the other is not known; ids are
    # hashes, so a small one is the first more often than not.
    first = won == responses[0] if len(responses) > 1 else won < _MIDDLE
    return FIRST if first else SECOND, won
