"""Which item a person is shown next, and on which sides.

Practice first; then, by a secret lot, now and then a silent gold item or one of their own answers
again with sides swapped; else the first item of the queue that wants one more answer.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from core.relabel.queues import Queue
from core.relabel.state import State
from core.schema.relabel import BlindItem, Purpose

REPEAT_AFTER = 10
"""Answers between a pair and the same pair again."""


@dataclass(frozen=True)
class Chance:
    """What is drawn at random; tests give their own."""

    token: Callable[[], str] = lambda: secrets.token_hex(8)
    """Names a showing."""
    side: Callable[[], bool] = lambda: bool(secrets.randbits(1))
    """Whether the second response stands left."""


def draw(
    state: State, queue: Queue, person: str, now: int, n: int, chance: Chance
) -> Iterator[BlindItem]:
    """Yield up to `n` new items for a person; nothing in the log is changed.

    now: microseconds since 1970.
    """
    busy = {lease.pair_id for lease in state.open_to.get(person, {}).values()}
    busy |= state.practised.get(person, set())  # its solution is known to them
    drawn = state.drawn.get((queue.id, person), 0)
    for index in range(drawn, drawn + n):
        found = _practice(state, queue, person, busy) or _lot(state, queue, person, index, busy)
        found = found or _first(state, queue, person, now, busy)
        if found is None:
            return
        place, purpose = found
        busy.add(queue.items[place].pair_id)
        yield _shown(state, queue, person, place, purpose, now, chance)


def lot(queue: Queue, person: str, index: int) -> float:
    """Return the lot of a person's showing in [0, 1): nobody knows it without the queue's salt."""
    said = f"{queue.salt}\0{person}\0{index}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(said).digest()[:7], "big") / 2**56


def to_practise(state: State, queue: Queue, person: str) -> list[int]:
    """Return the places of practice that are before a person: no pair whose solution they know."""
    done = state.asked.get((queue.id, person), set())
    known = state.practised.get(person, set())
    return [p for p in queue.practice if p not in done and queue.items[p].pair_id not in known]


def _practice(
    state: State, queue: Queue, person: str, busy: set[int]
) -> tuple[int, Purpose] | None:
    places = to_practise(state, queue, person)
    place = next((p for p in places if queue.items[p].pair_id not in busy), None)
    return None if place is None else (place, "practice")


def _lot(
    state: State, queue: Queue, person: str, index: int, busy: set[int]
) -> tuple[int, Purpose] | None:
    told = lot(queue, person, index)
    if told < queue.gold_share:
        done = state.asked.get((queue.id, person), set())
        places = (p for p in queue.gold if p not in done and queue.items[p].pair_id not in busy)
        place = next(places, None)
        return None if place is None else (place, "gold")
    if told < queue.gold_share + queue.repeat_share:
        return _again(state, queue, person, busy)
    return None


def _again(state: State, queue: Queue, person: str, busy: set[int]) -> tuple[int, Purpose] | None:
    """Return the person's oldest answer here that may be shown again."""
    done = state.asked.get((queue.id, person), set())
    mine = state.by_person.get(person, [])[:-REPEAT_AFTER]
    for seq in mine:
        vote = state.votes[seq]
        here = vote.queue == queue.id and vote.purpose == "real" and vote.left_id is not None
        if here and vote.place not in done and vote.pair_id not in busy:
            return vote.place, "repeat"
    return None


def _left_before(state: State, queue: Queue, person: str, place: int) -> int | None:
    """Return what stood left when a person answered this item for its label."""
    mine = (state.votes[seq] for seq in reversed(state.by_person.get(person, ())))
    here = (v for v in mine if v.queue == queue.id and v.place == place and v.purpose == "real")
    return next((vote.left_id for vote in here), None)


def _first(
    state: State, queue: Queue, person: str, now: int, busy: set[int]
) -> tuple[int, Purpose] | None:
    ahead = queue.ahead.setdefault(person, list(queue.real))
    passed: list[int] = []
    for n, place in enumerate(ahead):
        pair = queue.items[place].pair_id
        if _over(state, queue, person, pair):
            continue
        passed.append(place)
        if pair not in busy and state.room(queue, pair, person, now):
            ahead[: n + 1] = passed
            return place, "real"
    ahead[:] = passed
    return None


def _over(state: State, queue: Queue, person: str, pair_id: int) -> bool:
    """Return whether a pair wants nothing more of this person, whoever's lease runs out."""
    if pair_id in state.decisions or pair_id in state.practised.get(person, ()):
        return True
    answers = state.answers(pair_id)
    asked = person in answers or pair_id in state.skipped.get(person, ())
    return asked or len(answers) >= queue.overlap


def _shown(
    state: State,
    queue: Queue,
    person: str,
    place: int,
    purpose: Purpose,
    now: int,
    chance: Chance,
) -> BlindItem:
    item = queue.items[place]
    swap = chance.side()
    if purpose == "repeat":
        swap = _left_before(state, queue, person, place) == item.first_id
    sides = (item.second_id, item.first_id) if swap else (item.first_id, item.second_id)
    return BlindItem(
        token=chance.token(),
        queue=queue.id,
        place=place,
        pair_id=item.pair_id,
        left_id=sides[0],
        right_id=sides[1],
        purpose=purpose,
        source=item.source,
        expires=now + queue.lease_seconds * 1_000_000,
    )
