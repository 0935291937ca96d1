"""Reading speed as measured here, and the minutes an item is expected to take."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from core.schema.relabel import CastVote, QueueItem

DEFAULT = 25.0
"""Characters per second, about 300 English words a minute."""
ENOUGH = 20
"""Timed votes from which a measured speed replaces the default, or a person's own that of all."""

TOO_FAST = 60.0
"""Characters per second of what was shown: 700 words a minute, beyond what people read."""


@dataclass(frozen=True)
class Pace:
    """Characters of prompt and both answers per second, from sight to vote."""

    overall: float
    """Median over the timed votes that count; DEFAULT until there are enough."""
    people: Mapping[str, float]
    """Of those with enough timed votes."""
    votes: int
    """Timed votes it rests on."""
    measured: bool
    """Enough votes were timed, so `overall` is no default."""

    def of(self, person: str | None = None) -> float:
        """Return a person's speed, the overall one where theirs is not known yet."""
        return self.overall if person is None else self.people.get(person, self.overall)

    def minutes(self, n_chars: int, person: str | None = None) -> float | None:
        """Return the expected minutes for a text of `n_chars`; None where its length is unknown."""
        return n_chars / self.of(person) / 60 if n_chars > 0 else None


def pace(votes: Iterable[CastVote], items: Mapping[tuple[str, int], QueueItem]) -> Pace:
    """Return the measured speeds; `items` by queue id and place.

    Medians, since a break in mid-item is no slow reading. Practice and items shown again do not
    count: one is slower, the other faster than work. Nor does what was too fast to have been read.
    """
    speeds: dict[str, list[float]] = defaultdict(list)
    for vote in votes:
        speed = chars_per_second(vote, items)
        if speed is not None and speed <= TOO_FAST and vote.purpose in ("real", "gold"):
            speeds[vote.annotator].append(speed)
    every = [speed for own in speeds.values() for speed in own]
    return Pace(
        overall=median(every) if len(every) >= ENOUGH else DEFAULT,
        people={name: median(own) for name, own in speeds.items() if len(own) >= ENOUGH},
        votes=len(every),
        measured=len(every) >= ENOUGH,
    )


def usual_seconds(votes: Iterable[CastVote], items: Sequence[QueueItem]) -> float | None:
    """Return the median time of votes in one queue, without those too fast to have been read."""
    timed = (vote for vote in votes if 0 <= vote.place < len(items))
    found = [
        vote.answer.seconds
        for vote in timed
        if vote.answer.seconds is not None and (_speed(vote, items[vote.place]) or 0.0) <= TOO_FAST
    ]
    return median(found) if found else None


def chars_per_second(vote: CastVote, items: Mapping[tuple[str, int], QueueItem]) -> float | None:
    """Return how fast the texts were read if all was; None untimed or of unknown length."""
    return _speed(vote, items.get((vote.queue, vote.place)))


def _speed(vote: CastVote, item: QueueItem | None) -> float | None:
    seconds = vote.answer.seconds
    if item is None or item.n_chars <= 0 or seconds is None or not seconds > 0:
        return None
    return item.n_chars / seconds
