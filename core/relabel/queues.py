"""A queue as the log's events make it: what is asked of whom, and how far it is."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from core.errors import RelabelError
from core.schema.relabel import Population, QueueItem


@dataclass
class Queue:
    """A queue; changed by events alone."""

    id: str
    name: str
    kind: str
    items: tuple[QueueItem, ...]
    overlap: int
    people: tuple[str, ...] | None
    made_by: str
    at: int
    sentence: str
    fingerprint: str
    gold_share: float
    repeat_share: float
    lease_seconds: int
    warning: str
    warn: tuple[str, ...]
    population: Mapping[str, Population]
    params: Mapping[str, object]
    salt: str
    """Decides, secretly, which showings are gold or repeated."""
    guideline: str = ""
    guideline_hash: str = ""
    closed: bool = False
    largest: int = 0
    """The largest overlap it ever had: what is open may still be answered when it is lowered."""
    real: tuple[int, ...] = ()
    """Places of the items that are asked for their label, in order."""
    gold: tuple[int, ...] = ()
    practice: tuple[int, ...] = ()
    place_of: dict[int, int] = field(default_factory=dict)
    """Pair → place, of the items that are asked for their label."""
    ahead: dict[str, list[int]] = field(default_factory=dict)
    """Per person: places that may be asked of them; a place that is not here is answered or full.
    Made by the draw, so that it looks at what is answered once."""

    def __post_init__(self) -> None:
        """Sort the places by what they are for."""
        self.largest = self.overlap
        strata = [item.stratum for item in self.items]
        self.gold = tuple(i for i, s in enumerate(strata) if s == "gold")
        self.practice = tuple(i for i, s in enumerate(strata) if s == "practice")
        self.real = tuple(i for i, s in enumerate(strata) if s not in ("gold", "practice"))
        self.place_of = {self.items[place].pair_id: place for place in self.real}

    def asks(self, person: str) -> bool:
        """Return whether this person is asked, now."""
        return not self.closed and (self.people is None or person in self.people)

    def offer(self, pair_id: int) -> None:
        """Let a pair be asked again: an answer or a ruling was taken back."""
        place = self.place_of.get(pair_id)
        if place is not None:
            for ahead in self.ahead.values():
                at = bisect_left(ahead, place)
                if ahead[at : at + 1] != [place]:
                    ahead.insert(at, place)

    def pairs(self) -> Iterator[int]:
        """Yield the pair of every item that is asked for its label."""
        return (self.items[place].pair_id for place in self.real)


def check_free(name: str, queues: Iterable[Queue]) -> None:
    """Raise RelabelError where an open queue has this name, but for capitals and spaces."""
    for queue in queues:
        if not queue.closed and _spoken(queue.name) == _spoken(name):
            alike = "" if queue.name == name else f", which reads like {name!r}"
            raise RelabelError(
                f"There is an open queue named {queue.name!r}{alike}.",
                "Choose another name, or close that queue first.",
            )


def _spoken(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


@dataclass(frozen=True)
class Lease:
    """A pair that is open to one person."""

    token: str
    person: str
    queue: str
    place: int
    pair_id: int
    left_id: int
    right_id: int
    purpose: str
    expires: int
    order: int
    """Lower comes first: what was taken back comes before what was drawn."""


@dataclass(frozen=True)
class Progress:
    """How far a person is in a queue."""

    answered: int
    """Answers of this person that stand, practice aside; silent gold is in it, so it tells none."""
    today: int
    """Of them, those of the last 24 hours."""
    practice_left: int
    wanted: int
    """Answers that the queue still wants, of anybody."""
    total: int
    """Answers that the queue wants in all."""
    median_seconds: float | None
    """Of this person's last 50 answers."""
