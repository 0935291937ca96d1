"""How far queues and people are: what a lead sees at a glance."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from core.relabel.pace import pace
from core.relabel.queues import Queue
from core.relabel.state import State
from core.schema.relabel import CastVote, QueueItem
from core.views.team import Worked

DAY, HOUR = 86_400_000_000, 3_600_000_000
"""Microseconds."""
_BREAK = 600_000_000
"""Between two answers further apart a person did something else."""


@dataclass(frozen=True)
class QueueRow:
    """One queue, as a line of a table."""

    id: str
    name: str
    kind: str
    sentence: str
    items: int
    """Asked for their label; gold and practice are apart."""
    gold: int
    practice: int
    given: int
    """Answers that the queue wanted and has."""
    wanted: int
    """Answers that it wants in all."""
    overlap: int
    people: tuple[str, ...] | None
    guideline: str
    guideline_hash: str
    closed: bool
    made_by: str
    at: int
    fingerprint: str
    minutes_left: float | None
    """At the measured reading speed; None where no length is known."""


@dataclass(frozen=True)
class DoneRow:
    """How far one person is in one queue."""

    person: str
    answers: int
    """That stand: for labels, silent gold and items shown again."""
    practice: int
    skipped: int
    open: int
    """Pairs that are open to them now."""
    last: int | None
    """When they answered last, microseconds since 1970."""


def items_of(state: State) -> dict[tuple[str, int], QueueItem]:
    """Return every item by queue id and place."""
    return {
        (queue.id, place): item
        for queue in state.queues.values()
        for place, item in enumerate(queue.items)
    }


def queue_rows(state: State) -> tuple[QueueRow, ...]:
    """Return all queues: open ones first, the newest before the others."""
    speed = pace(state.votes.values(), items_of(state)).overall
    found = [_queue_row(state, queue, speed) for queue in state.queues.values()]
    return tuple(sorted(found, key=lambda row: (row.closed, -row.at)))


def _queue_row(state: State, queue: Queue, speed: float) -> QueueRow:
    had = {pair: min(queue.overlap, len(state.answers(pair))) for pair in queue.pairs()}
    real = [queue.items[place] for place in queue.real]
    left = sum((queue.overlap - had[item.pair_id]) * item.n_chars for item in real)
    known = all(item.n_chars > 0 for item in real)
    return QueueRow(
        items=len(real),
        gold=len(queue.gold),
        practice=len(queue.practice),
        given=sum(had[item.pair_id] for item in real),
        wanted=queue.overlap * len(real),
        minutes_left=left / speed / 60 if known else None,
        **{
            key: getattr(queue, key)
            for key in (
                "id", "name", "kind", "sentence", "overlap", "people", "guideline",
                "guideline_hash", "closed", "made_by", "at", "fingerprint",
            )
        },
    )  # fmt: skip


def done_rows(state: State, queue_id: str) -> tuple[DoneRow, ...]:
    """Return everybody who is asked by name in a queue, or has done something in it."""
    queue = state.queues[queue_id]
    votes = [v for v in state.votes.values() if v.queue == queue_id]
    work = Counter(v.annotator for v in votes if v.purpose != "practice")
    practice = Counter(v.annotator for v in votes if v.purpose == "practice")
    last: dict[str, int] = {}
    for vote in votes:
        last[vote.annotator] = max(vote.at, last.get(vote.annotator, 0))
    open_now = Counter(lease.person for lease in state.leases.values() if lease.queue == queue_id)
    pairs = set(queue.pairs())
    skipped = {who: len(pairs & set(left)) for who, left in state.skipped.items() if pairs & left}
    names = {*work, *practice, *open_now, *skipped, *(queue.people or ())}
    return tuple(
        DoneRow(
            name,
            work[name],
            practice[name],
            skipped.get(name, 0),
            open_now[name],
            last.get(name),
        )
        for name in sorted(names, key=lambda name: (-work[name], name))
    )


def worked(state: State) -> tuple[Worked, ...]:
    """Return when everybody with an answer works, by name; votes from files tell no times."""
    by: dict[str, list[CastVote]] = {}
    for vote in state.votes.values():
        if vote.purpose != "practice" and not vote.origin:
            by.setdefault(vote.annotator, []).append(vote)
    return tuple(_worked(name, by[name]) for name in sorted(by))


def _worked(name: str, cast: list[CastVote]) -> Worked:
    times = sorted(vote.at for vote in cast)
    gaps = [b - a for a, b in pairwise(times) if b - a <= _BREAK]
    days = Counter(at // DAY for at in times)
    return Worked(
        person=name,
        answers=len(cast),
        last=times[-1],
        per_hour=len(gaps) * HOUR / sum(gaps) if sum(gaps) else None,
        days=tuple(sorted(days.items())),
    )
