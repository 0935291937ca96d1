"""What an answer, an undo or a ruling must be before it goes into the log."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict

from core.errors import RelabelError
from core.relabel.log import AlreadyThere, Writing
from core.relabel.queues import Lease, Queue
from core.relabel.reading import blind, identity
from core.relabel.state import State
from core.schema.relabel import (
    CAUSES,
    STRENGTHS,
    TAGS,
    VOTE_TIES,
    Answer,
    BlindItem,
    CastVote,
    Ruling,
)

LONGEST = 4_000
"""Characters of a rationale or note."""
SCORES = range(1, 6)


def check(answer: Answer, lease: Lease) -> None:
    """Raise RelabelError unless the answer is one to what was shown."""
    sides = (lease.left_id, lease.right_id)
    named = answer.winner_id in sides and answer.tie is None
    tied = answer.winner_id is None and answer.tie in VOTE_TIES
    if not (named or tied):
        raise RelabelError("This is no answer to the pair that was shown.", "It was not saved.")
    if answer.strength is not None and answer.strength not in STRENGTHS:
        raise RelabelError("A strength is 1, 2 or 3.", "The answer was not saved.")
    if unknown := [tag for tag in answer.tags if tag not in TAGS]:
        raise RelabelError(f"There is no reason {unknown[0]!r}.", f"Known: {', '.join(TAGS)}.")
    if any(score not in SCORES for score in answer.attributes.values()):
        raise RelabelError("A score is 1 to 5.", "The answer was not saved.")
    if answer.seconds is not None and not (math.isfinite(answer.seconds) and answer.seconds >= 0):
        raise RelabelError("An answer takes some seconds.", "The answer was not saved.")
    _check_length(answer.rationale)


def is_late(lease: Lease, state: State, now: int) -> bool:
    """Return whether others took the place of a pair whose lease ran out."""
    queue = state.queues[lease.queue]
    if lease.purpose != "real":
        return False
    if state.runs(lease, now):  # it holds its place; counted anew, as clocks may differ
        answered = state.answers(lease.pair_id)
        return len(answered) - (lease.person in answered) >= queue.largest
    return not state.room(queue, lease.pair_id, lease.person, now)


def renewable(lease: Lease, state: State, now: int) -> bool:
    """Return whether a pair whose lease ran out still has a place for its person."""
    queue = state.queues[lease.queue]
    return lease.purpose != "real" or state.room(queue, lease.pair_id, lease.person, now)


def check_ruling(ruling: Ruling) -> None:
    """Raise RelabelError unless a ruling says one thing."""
    ties = (*VOTE_TIES, "contested")
    if (ruling.winner_id is None) == (ruling.tie is None) or ruling.tie not in (None, *ties):
        raise RelabelError("A ruling names a winner or one of: " + ", ".join(ties) + ".")
    if ruling.cause and ruling.cause not in CAUSES:
        raise RelabelError(f"There is no cause {ruling.cause!r}.", f"Known: {', '.join(CAUSES)}.")
    _check_length(ruling.note)


def undoable(vote: CastVote | None, person: str, state: State) -> CastVote:
    """Return a vote that can be taken back; raise RelabelError for any other."""
    if vote is None or vote.annotator != person:
        raise RelabelError("This answer does not stand any more, or is not yours.")
    if vote.purpose == "practice":
        raise RelabelError("Practice was answered with its solution and stays as it is.")
    if vote.origin or vote.queue not in state.queues:
        raise RelabelError("This answer came from a file and stays as it is.")
    queue = state.queues[vote.queue]
    if queue.closed:
        raise RelabelError("Its queue is closed: its answers stay as they are.")
    if not queue.asks(person):
        raise RelabelError("You are not asked in its queue any more: your answer stays as it is.")
    made = state.decisions.get(vote.pair_id)
    if made is not None and made.seq > vote.seq:
        raise RelabelError(
            "A reviewer has settled this pair, with your answer before them.",
            f"Ask {made.reviewer} to take the ruling back first.",
        )
    return vote


def again(vote: CastVote, queue: Queue, token: str, now: int) -> BlindItem:
    """Return the showing of a pair whose vote was taken back: the same sides, another token."""
    if vote.left_id is None or vote.right_id is None:
        raise RelabelError("This answer was given elsewhere and stays as it is.")
    return BlindItem(
        token=token,
        queue=queue.id,
        place=vote.place,
        pair_id=vote.pair_id,
        left_id=vote.left_id,
        right_id=vote.right_id,
        purpose=vote.purpose,
        source=queue.items[vote.place].source,
        expires=now + queue.lease_seconds * 1_000_000,
    )


def renewed(lease: Lease, queue: Queue, now: int) -> BlindItem:
    """Return the same showing with the time of a new one."""
    item = blind(lease, queue.items[lease.place].source)
    return BlindItem(**{**item.__dict__, "expires": now + queue.lease_seconds * 1_000_000})


def add_votes(tx: Writing, votes: Iterable[CastVote], who: str, state: State) -> None:
    """Append votes of another log, each once: its key is a hash of everything it says.

    Votes that come back to the log they were given in are known, those taken back there too.
    """
    known = state.undone.union(identity(vote) for vote in state.votes.values())
    for vote in votes:
        said, digest = asdict(vote.answer), identity(vote)
        if vote.token in state.spent or digest in known:
            continue
        body = {
            **said,
            "queue": vote.queue,
            "place": vote.place,
            "left_id": vote.left_id,
            "right_id": vote.right_id,
            "purpose": vote.purpose,
            "token": "",
            "at": vote.at,
            "guideline": vote.guideline,
            "late": vote.late,
            "origin": vote.origin or "another log",
            "by": who,
        }
        try:
            tx.append("vote", vote.annotator, body, vote.pair_id, f"import/{digest}")
        except AlreadyThere:
            continue


def _check_length(text: str) -> None:
    if len(text) > LONGEST:
        raise RelabelError(
            f"A text has at most {LONGEST:,} characters; this one has {len(text):,}.",
            "The answer was not saved.",
        )
