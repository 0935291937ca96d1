"""What a mapping file says, as frozen values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from core.formats.outcomes import FIRST, OUTCOMES, Outcome
from core.formats.paths import RowPath
from core.formats.values import BadRow, number

AGREES, DIFFERS = "agrees", "differs"
"""What a gold column may also say: whether the label is right."""


@dataclass(frozen=True)
class Reading:
    """How a column names the winner: by a table of values, or by a number above or below `zero`."""

    path: RowPath
    values: Mapping[str, str] | None = None
    positive: Outcome = FIRST
    """Who won where a number is above `zero`; used without `values`."""
    zero: float = 0.0
    """The number that means a tie."""

    def word(self, value: object) -> str:
        """Return the outcome's word; raise BadRow naming a value that says nothing."""
        if self.values is None:
            return self._sign(value)
        found = self.values.get(_key(value))
        if found is None:
            raise BadRow(f"{self.path.text} is {_shown(value)}, which the map does not name")
        return found

    def _sign(self, value: object) -> str:
        found = number(value)
        if found is None:
            raise BadRow(f"{self.path.text} is {_shown(value)}, not a finite number")
        if found == self.zero:
            return "tie"
        return "first" if (found > self.zero) == (self.positive == FIRST) else "second"

    def outcome(self, value: object) -> Outcome:
        """Return the outcome itself."""
        return OUTCOMES[self.word(value)]


def _key(value: object) -> str:
    """Return a value as a TOML key writes it: 1.0 → 1, True → true, None → null."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _shown(value: object) -> str:
    return "missing" if value is None else repr(value)[:80]


@dataclass(frozen=True)
class PairMap:
    """Where the texts stand."""

    first: RowPath
    second: RowPath
    prompt: tuple[RowPath, ...] = ()
    system: RowPath | None = None
    first_model: RowPath | None = None
    second_model: RowPath | None = None
    split: RowPath | None = None
    row: RowPath | None = None


@dataclass(frozen=True)
class LabelMap:
    """Who says which response is chosen."""

    source: Literal["order", "column", "votes"]
    reading: Reading | None = None
    strength: RowPath | None = None


@dataclass(frozen=True)
class ScoreMap:
    """A scorer's numbers for both responses."""

    first: RowPath | None
    second: RowPath | None
    run: str = ""
    run_path: RowPath | None = None
    leaks_label: bool = False


@dataclass(frozen=True)
class RatingMap:
    """A rater's numbers for both responses."""

    first: RowPath | None
    second: RowPath | None
    rater: str = "source"
    aspect: str | None = None
    leaks_label: bool = False


@dataclass(frozen=True)
class VoteMap:
    """One annotator's column, or a list whose items are votes (paths inside the item then)."""

    reading: Reading
    annotator: str = ""
    annotator_path: RowPath | None = None
    items: RowPath | None = None
    aspect: str | None = None
    strength: RowPath | None = None
    seconds: RowPath | None = None
    reason: RowPath | None = None


@dataclass(frozen=True)
class Place:
    """A mapped path, and the list in whose items it stands."""

    path: RowPath
    items: RowPath | None = None

    @property
    def text(self) -> str:
        """Return the place as one text."""
        return f"{self.items.text}[*].{self.path.text}" if self.items else self.path.text


@dataclass(frozen=True)
class Mapped:
    """A whole mapping file."""

    pair: PairMap
    label: LabelMap
    gold: Reading | None = None
    scores: tuple[ScoreMap, ...] = ()
    ratings: tuple[RatingMap, ...] = ()
    votes: tuple[VoteMap, ...] = ()

    def pair_paths(self) -> tuple[RowPath, ...]:
        """Return the paths of texts and models."""
        p = self.pair
        maybe = (*p.prompt, p.system, p.first, p.second, p.first_model, p.second_model)
        return tuple(path for path in maybe if path is not None)

    def places(self) -> Iterator[Place]:
        """Yield every mapped path."""
        pair = self.pair
        readings = [r.path for r in (self.label.reading, self.gold) if r is not None]
        maybe = [*self.pair_paths(), pair.split, pair.row, *readings, self.label.strength]
        for score in self.scores:
            maybe += [score.first, score.second, score.run_path]
        for rating in self.ratings:
            maybe += [rating.first, rating.second]
        yield from (Place(path) for path in maybe if path is not None)
        for vote in self.votes:
            yield from _vote_places(vote)


def _vote_places(vote: VoteMap) -> Iterator[Place]:
    if vote.items is not None:
        yield Place(vote.items)
    inside = (vote.reading.path, vote.annotator_path, vote.strength, vote.seconds, vote.reason)
    yield from (Place(path, vote.items) for path in inside if path is not None)
