"""From the body of an event to the value it says, and back: the one place that knows both."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from typing import Any

from core.relabel.chain import Event, canonical, items_hash
from core.relabel.queues import Lease, Queue
from core.schema.relabel import (
    Answer,
    BlindItem,
    CastVote,
    Decision,
    Population,
    QueueDraft,
    QueueItem,
    Ruling,
)

Items = Callable[[str], tuple[QueueItem, ...]]
_ASKED = ("queue", "place", "left_id", "right_id", "purpose")


def guideline_hash(text: str) -> str:
    """Return what every vote keeps of the guideline beside it, "" without one."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() if text else ""


def queue_body(draft: QueueDraft, queue: str, salt: str) -> dict[str, object]:
    """Return the body of the event that makes a queue; its items stand beside, by their hash."""
    said = {f.name: getattr(draft, f.name) for f in fields(draft) if f.name != "items"}
    population = {name: asdict(part) for name, part in draft.population.items()}
    return {
        **said,
        "population": population,
        "queue": queue,
        "salt": salt,
        "n_items": len(draft.items),
        "items_hash": items_hash(draft.items),
    }


def queue_of(event: Event, items: tuple[QueueItem, ...]) -> Queue:
    """Return the queue that an event made."""
    body = event.body
    return Queue(
        id=body["queue"],
        items=items,
        people=None if body["people"] is None else tuple(body["people"]),
        made_by=event.person,
        at=event.at,
        population={k: Population(**part) for k, part in body["population"].items()},
        guideline_hash=guideline_hash(body["guideline"]),
        warn=tuple(body["warn"]),
        **{
            key: body[key]
            for key in (
                "name", "kind", "overlap", "sentence", "fingerprint", "gold_share", "repeat_share",
                "lease_seconds", "warning", "params", "salt", "guideline",
            )
        },
    )  # fmt: skip


def lease_body(item: BlindItem, undone: bool = False) -> dict[str, object]:
    """Return the body of a lease."""
    said = {key: getattr(item, key) for key in (*_ASKED, "token", "expires")}
    return {**said, "undone": True} if undone else said


def lease_of(event: Event) -> Lease:
    """Return the lease that an event gave."""
    body = event.body
    return Lease(
        person=event.person,
        pair_id=_pair(event),
        order=-event.seq if body.get("undone") else event.seq,
        **{key: body[key] for key in (*_ASKED, "token", "expires")},
    )


def blind(lease: Lease, source: str) -> BlindItem:
    """Return what a lease shows."""
    return BlindItem(
        pair_id=lease.pair_id,
        source=source,
        **{key: getattr(lease, key) for key in (*_ASKED, "token", "expires")},
    )


def vote_body(lease: Lease, answer: Answer, guideline: str, late: bool) -> dict[str, object]:
    """Return the body of a vote."""
    asked = {key: getattr(lease, key) for key in (*_ASKED, "token")}
    return {**asked, **asdict(answer), "guideline": guideline, "late": late}


def vote_of(event: Event) -> CastVote:
    """Return the vote that an event holds."""
    body: Mapping[str, Any] = event.body
    said = {f.name: body[f.name] for f in fields(Answer) if f.name in body}
    return CastVote(
        seq=event.seq,
        at=int(body.get("at", event.at)),
        annotator=event.person,
        pair_id=_pair(event),
        answer=Answer(**{**said, "tags": tuple(said.get("tags", ()))}),
        guideline=body.get("guideline", ""),
        late=bool(body.get("late")),
        origin=body.get("origin", ""),
        **{key: body[key] for key in (*_ASKED, "token")},
    )


def identity(vote: CastVote) -> str:
    """Return a hash of who said what of which pair, and when: the same in every log."""
    said = canonical([vote.annotator, vote.at, vote.pair_id, asdict(vote.answer)])
    return hashlib.sha256(said.encode()).hexdigest()


def decision_of(event: Event) -> Decision:
    """Return the decision that an event holds."""
    said = {f.name: event.body[f.name] for f in fields(Ruling)}
    return Decision(event.seq, event.at, event.person, _pair(event), Ruling(**said))


def _pair(event: Event) -> int:
    if event.pair_id is None:
        raise ValueError(f"event {event.seq} names no pair")
    return event.pair_id
