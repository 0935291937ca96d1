"""Events and how each hashes the one before, so that a cut or an edit of the log shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from core.schema.relabel import Head, QueueItem

Body = Mapping[str, Any]


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
    return json.dumps(
        value, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False
    )


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
    lines = (canonical(asdict(item)) for item in items)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def breaks(events: Iterable[Event], head: Head) -> Iterator[str]:
    """Yield a sentence for every place where the chain that starts at `head` does not hold."""
    seq, last = head.seq, head.hash
    for event in events:
        if event.seq != seq + 1:
            yield f"Events {seq + 1:,} to {event.seq - 1:,} are missing."
        if event.prev_hash != last:
            yield f"Event {event.seq:,} does not follow the one before: one was changed or put in."
        if event_hash(event) != event.hash:
            yield f"Event {event.seq:,} was changed after it was written."
        seq, last = event.seq, event.hash
