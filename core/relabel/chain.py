"""Events and how each hashes the one before, so that a cut or an edit of the log shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import LogDamaged
from core.schema.relabel import Head, QueueItem

Body = Mapping[str, Any]
_JSON = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True)
class Event:
    """One line of the log."""

    seq: int
    """1, 2, 3 … without a gap."""
    at: int
    """Microseconds since 1970, UTC; never before the event before."""
    person: str
    kind: str
    pair_id: int | None
    body: Body
    item_key: str | None
    """No two events share one."""
    prev_hash: str
    hash: str


def canonical(value: object) -> str:
    """Return the one JSON text of a value: sorted keys, ASCII only, no NaN."""
    return _JSON.encode(value)


def genesis(log_id: str) -> Head:
    """Return the head of an empty log: no two logs have the same."""
    return Head(0, hashlib.sha256(f"assay log {log_id}".encode()).hexdigest())


def event_hash(event: Event) -> str:
    """Return the SHA-256 over everything an event says and the hash of the one before."""
    parts = [
        event.seq,
        event.at,
        event.person,
        event.kind,
        event.pair_id,
        event.body,
        event.item_key,
        event.prev_hash,
    ]
    return hashlib.sha256(canonical(parts).encode()).hexdigest()


def items_hash(items: Iterable[QueueItem]) -> str:
    """Return the SHA-256 over the items of a queue; the queue's event holds it."""
    lines = (canonical(item.__dict__) for item in items)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def breaks(
    events: Iterable[Event],
    start: Head,
    end: Head,
    seen: Head | None,
    items: Callable[[str], tuple[QueueItem, ...]],
) -> Iterator[str]:
    """Yield a sentence for every place where the chain from `start` to `end` does not hold.

    seen: a head that was kept outside; items: reads the items of a queue.
    """
    last = start
    for event in events:
        if event.seq != last.seq + 1:
            yield f"Events {last.seq + 1:,} to {event.seq - 1:,} are missing."
        if event.prev_hash != last.hash:
            yield f"Event {event.seq:,} does not follow the one before: one was changed or put in."
        if event_hash(event) != event.hash:
            yield f"Event {event.seq:,} was changed after it was written."
        elif event.kind == "queue" and not intact(event, items):
            yield f"The items of the queue {event.body['name']!r} were changed."
        last = Head(event.seq, event.hash)
        if seen and seen.seq == last.seq < end.seq and seen.hash != last.hash:
            yield f"Event {seen.seq:,} is another one than it was when it was written."
    if last != end:
        yield f"The head names event {end.seq:,}, the last one is another."


def intact(event: Event, items: Callable[[str], tuple[QueueItem, ...]]) -> bool:
    """Return whether the items of the queue that an event made are those it was made with."""
    try:
        said: str = event.body["items_hash"]
        return items_hash(items(event.body["queue"])) == said
    except LogDamaged:
        return False
