"""The desk: one per process and log. It replays the log, hands out pairs and takes answers.

Every step that writes holds the desk's lock and the log's, catches up with what others wrote,
decides, and appends; what it appended is applied once it is durable.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TypeVar

from core.errors import LogDamaged, RelabelError
from core.relabel import answering
from core.relabel.chain import Event, event_hash, genesis, intact
from core.relabel.log import ACCEPT, Log, Writing
from core.relabel.mending import Away, Mending
from core.relabel.pace import usual_seconds
from core.relabel.queues import Lease, Progress, Queue, check_free
from core.relabel.reading import blind, guideline_hash, lease_body, queue_body, vote_body
from core.relabel.serving import Chance, draw, to_practise
from core.relabel.state import State
from core.schema.relabel import (
    Answer,
    BlindItem,
    CastVote,
    Decision,
    Head,
    QueueDraft,
    Receipt,
    Ruling,
)

T = TypeVar("T")
AHEAD = 2
"""Pairs open to a person at once: the one on screen and the next."""
_DAY = 86_400_000_000
_COUNTED_SECONDS = 2.0
_SMALL = 200
"""Items up to which what is wanted is counted anew each time."""


class Desk:
    """The log's state in memory, and the only way to change it."""

    def __init__(self, log: Log, chance: Chance | None = None) -> None:
        self.log = log
        self.state = State(log.items)
        self.damage = ""
        """What the log lost or had changed; nothing is written until it is restored or accepted."""
        self._mending = Mending()
        self._chance = chance or Chance()
        self._lock = threading.RLock()
        self._head = Head(0, "")
        self._looked = -float("inf")
        self._wanted: dict[str, tuple[float, int]] = {}
        self._away = Away()

    # --- reading --------------------------------------------------------------------------------

    def refresh(self, max_age_seconds: float = 1.0) -> Head:
        """Return the log's head, having taken what others wrote up to so many seconds ago."""
        with self._lock:
            now = time.monotonic()
            if self.damage:
                self._mend()
            if max_age_seconds:
                self._away.check()
            if now - self._looked >= max_age_seconds and not self.damage:
                with self._away.asking():
                    head = self.log.head()
                if head.seq > self.state.seq:
                    for events in self.log.pages(self.state.seq):
                        self._take(events)
                    if self.state.seq > head.seq:  # others went on writing
                        head = self._head
                self._compare(head)
                self._looked = time.monotonic()
            return self._head

    def _mend(self) -> None:
        """Take up again a log that was restored, or whose loss was accepted, now and then."""
        if not self._mending.due():
            return
        with self._mending.looking():
            fresh = Desk(self.log, self._chance)
            fresh.refresh(0)
            if self._mending.accepts(self.log, fresh._head, fresh.damage, self._head):
                self.state, self._head, self.damage = fresh.state, fresh._head, ""
                self._wanted.clear()

    def ask(self, question: Callable[[State], T]) -> T:
        """Return what a short question says of the state while nobody changes it."""
        with self._lock:
            return question(self.state)

    def progress(self, person: str, queue_id: str) -> Progress:
        """Return how far a person is."""
        with self._lock:
            queue, state = self._queue(queue_id), self.state
            mine = [state.votes[seq] for seq in state.by_person.get(person, ())]
            here = [v for v in mine if v.queue == queue_id and v.purpose != "practice"]
            now = self.log.now()
            return Progress(
                answered=len(here),
                today=sum(v.at > now - _DAY for v in here),
                practice_left=len(to_practise(state, queue, person)),
                wanted=self._count(queue),
                total=queue.overlap * len(queue.real),
                median_seconds=usual_seconds(here[-50:], queue.items),
            )

    # --- queues ---------------------------------------------------------------------------------

    def make_queue(self, draft: QueueDraft, who: str) -> str:
        """Put a queue into the log; return its id."""
        queue_id = secrets.token_hex(4)
        with self._writing() as tx:
            check_free(draft.name, self.state.queues.values())
            tx.add_items(queue_id, draft.items)
            tx.append("queue", who, queue_body(draft, queue_id, secrets.token_hex(16)))
        return queue_id

    def assign(self, queue_id: str, people: tuple[str, ...] | None, who: str) -> None:
        """Ask these people, or everybody."""
        self._change(queue_id, "assign", who, people=people)

    def set_overlap(self, queue_id: str, overlap: int, who: str) -> None:
        """Want so many answers per item from now on; those that are there stay."""
        if overlap < 1:
            raise RelabelError("A queue wants at least one answer per item.")
        self._change(queue_id, "overlap", who, overlap=overlap)

    def set_guideline(self, queue_id: str, text: str, who: str) -> None:
        """Put another guideline beside the pairs; every vote keeps the hash of its own."""
        self._change(queue_id, "guideline", who, text=text, hash=guideline_hash(text))

    def close(self, queue_id: str, who: str, closed: bool = True) -> None:
        """End a queue, or open it again; answers to pairs that are open already are taken."""
        with self._writing() as tx:
            queue = self._queue(queue_id)
            if queue.closed == closed:
                return
            if not closed:
                check_free(queue.name, self.state.queues.values())
            tx.append("close", who, {"queue": queue_id, "closed": closed})

    # --- annotating -----------------------------------------------------------------------------

    def showing(self, person: str, queue_id: str, n: int = AHEAD) -> tuple[BlindItem, ...]:
        """Return what is open to a person in a queue, drawing more where it is fewer than `n`.

        Raises:
            RelabelError: there is no such queue, or this person is not asked.
        """
        with self._lock:
            held = self._held(person, queue_id)
            fresh = held and self.state.runs(held[0], self.log.now())
            if fresh and (len(held) >= n or not self._more(person, queue_id)):
                return self._blind(held[:n])
        with self._writing() as tx:
            self._fill(tx, person, self._asked(person, queue_id), n)
        with self._lock:
            return self._blind(self._held(person, queue_id)[:n])

    def vote(self, person: str, token: str, answer: Answer, n: int = AHEAD) -> Receipt:
        """Record an answer and draw the next pair, in one transaction; durable when it returns.

        Raises:
            RelabelError: the pair is not open to this person, or the answer is none of its sides.
            LogError, LogUnsure: see `Log.writing`.
        """
        with self._lock:  # until it is read: meanwhile nobody takes the vote back
            with self._writing() as tx:
                if (seq := self.state.spent.get(token)) is not None:
                    return self._again(seq, person)
                lease = self._lease(person, token)
                answering.check(answer, lease)
                late = answering.is_late(lease, self.state, tx.now)
                queue = self.state.queues[lease.queue]
                body = vote_body(lease, answer, queue.guideline_hash, late)
                voted = tx.append("vote", person, body, lease.pair_id, token, known=True)
                if queue.asks(person):
                    self._fill(tx, person, queue, n, ending=lease)
            return Receipt(self.state.votes[voted.seq], repeated=False)

    def skip(self, person: str, token: str, n: int = AHEAD) -> None:
        """Leave a pair to others; the same token again does nothing."""
        with self._writing() as tx:
            if token in self.state.spent:
                return
            lease = self._lease(person, token)
            queue = self.state.queues[lease.queue]
            body = {"token": token, "queue": queue.id, "place": lease.place}
            tx.append("skip", person, body, lease.pair_id, token, known=True)
            if queue.asks(person):
                self._fill(tx, person, queue, n, ending=lease)

    def undo(self, person: str, seq: int) -> BlindItem:
        """Take an own vote back; its pair is open again, on the same sides, before all others.

        Raises:
            RelabelError: it does not stand, is not this person's, was practice or imported, or a
                reviewer has settled the pair.
        """
        with self._writing() as tx:
            vote = answering.undoable(self.state.votes.get(seq), person, self.state)
            queue = self.state.queues[vote.queue]
            if vote.late and not self.state.room(queue, vote.pair_id, person, tx.now):
                raise RelabelError("This answer came too late to count: others have answered.")
            mine = self.state.open_to.get(person, {}).values()
            if twice := [lease.token for lease in mine if lease.pair_id == vote.pair_id]:
                tx.append("release", person, {"tokens": twice})
            body = {"vote": vote.seq, "token": vote.token}
            tx.append("undo", person, body, vote.pair_id, f"undo/{vote.seq}")
            again = answering.again(vote, queue, self._chance.token(), tx.now)
            tx.append("lease", person, lease_body(again, undone=True), vote.pair_id)
        return again

    def release(self, person: str) -> int:
        """Give back all pairs that are open to a person; return how many."""
        with self._writing() as tx:
            tokens = list(self.state.open_to.get(person, {}))
            if tokens:
                tx.append("release", person, {"tokens": tokens})
        return len(tokens)

    def mine(self, person: str) -> tuple[CastVote, ...]:
        """Return a person's votes that stand, the last one first."""
        with self._lock:
            seqs = self.state.by_person.get(person, ())
            return tuple(self.state.votes[seq] for seq in reversed(seqs))

    # --- settling -------------------------------------------------------------------------------

    def decide(self, reviewer: str, pair_id: int, ruling: Ruling) -> Decision:
        """Settle a pair; a later ruling takes the place of an earlier one."""
        answering.check_ruling(ruling)
        with self._lock:  # until it is read: meanwhile nobody takes the ruling back
            with self._writing() as tx:
                if pair_id in self.state.open_pairs(reviewer):
                    raise RelabelError("This pair is open to you on Relabel.", "Answer it first.")
                tx.append("decision", reviewer, ruling.__dict__, pair_id)
            return self.state.decisions[pair_id]

    def withdraw(self, reviewer: str, pair_id: int) -> None:
        """Take a ruling back; the votes speak again."""
        with self._writing() as tx:
            if (made := self.state.decisions.get(pair_id)) is not None:
                tx.append("decision", reviewer, {"withdrawn": made.seq}, pair_id)

    # --- anything else --------------------------------------------------------------------------

    def add_votes(self, votes: Iterable[CastVote], who: str) -> int:
        """Append votes of another log; those that are here already are passed over."""
        with self._writing() as tx:
            before = len(tx.events)
            answering.add_votes(tx, votes, who, self.state)
            return len(tx.events) - before

    @contextmanager
    def _writing(self) -> Iterator[Writing]:
        with self._lock:
            self._away.check()
            if not self.state.seq:  # the first replay is long: nobody else has to wait for it
                self.refresh(0)
            self._sound()
            with ExitStack() as stack:
                with self._away.asking():  # what fails later may be the fault of this step alone
                    tx = stack.enter_context(self.log.writing())
                    self._take(tx.after(self.state.seq))
                self._compare(tx.head)
                self._sound()
                yield tx
            self._take(tx.events)
            self._looked = time.monotonic()

    def _sound(self) -> None:
        if self.damage:
            raise LogDamaged(self.damage, f"Nothing is written to it. {ACCEPT}")

    def _take(self, events: list[Event]) -> None:
        """Apply events, each of which must follow the one before."""
        if not self._head.hash:
            self._head = genesis(self.log.log_id)
        for event in events:
            if self.damage:
                return
            if event.prev_hash != self._head.hash or event_hash(event) != event.hash:
                self.damage = f"The votes' log was changed at event {event.seq:,}."
            elif event.kind == "queue" and not intact(event, self.log.items):
                self.damage = f"The items of the queue {event.body['name']!r} were changed."
            else:
                self.state.apply(event)
                self._head = Head(event.seq, event.hash)

    def _compare(self, head: Head) -> None:
        """Say what the log lost since this process, or the file outside, saw it."""
        if self.damage:
            return
        had = self.state.seq
        if head.seq < had:
            self.damage = f"The votes' log ends at event {head.seq:,}; it had {had:,}."
        elif head.seq > had:
            self.damage = f"Events {had + 1:,} to {head.seq:,} are missing."
        elif had and head != self._head:
            self.damage = f"Event {had:,} is another one than it was: the log was replaced."
        else:
            self.damage = self.log.lost(head)

    def _queue(self, queue_id: str) -> Queue:
        if queue_id not in self.state.queues:
            raise RelabelError("There is no such queue.", "queue list names those there are.")
        return self.state.queues[queue_id]

    def _asked(self, person: str, queue_id: str) -> Queue:
        queue = self._queue(queue_id)
        if queue.closed:
            raise RelabelError(f"The queue {queue.name!r} is closed.", "Choose another one.")
        if not queue.asks(person):
            raise RelabelError(f"You are not asked in the queue {queue.name!r}.")
        return queue

    def _change(self, queue_id: str, kind: str, who: str, **body: object) -> None:
        with self._writing() as tx:
            if (queue := self._queue(queue_id)).closed:
                raise RelabelError(
                    f"The queue {queue.name!r} is closed: nothing about it changes.",
                    "Open it again first, on Team or by queue reopen.",
                )
            tx.append(kind, who, {"queue": queue_id, **body})

    def _held(self, person: str, queue_id: str) -> list[Lease]:
        mine = self.state.open_to.get(person, {}).values()
        here = [lease for lease in mine if lease.queue == queue_id]
        return sorted(here, key=lambda lease: lease.order)

    def _more(self, person: str, queue_id: str) -> bool:
        queue = self._queue(queue_id)
        found = draw(self.state, queue, person, self.log.now(), 1, self._chance)
        return queue.asks(person) and any(found)

    def _blind(self, leases: Iterable[Lease]) -> tuple[BlindItem, ...]:
        items = {lease.token: self.state.queues[lease.queue].items for lease in leases}
        return tuple(blind(lease, items[lease.token][lease.place].source) for lease in leases)

    def _fill(
        self, tx: Writing, person: str, queue: Queue, n: int, ending: Lease | None = None
    ) -> None:
        """Renew a person's leases that ran out, end those that were filled, draw what lacks."""
        held = [lease for lease in self._held(person, queue.id) if lease != ending]
        ended = [lease for lease in held if not self.state.runs(lease, tx.now)]
        over = [lease for lease in ended if not answering.renewable(lease, self.state, tx.now)]
        if over:
            tx.append("release", person, {"tokens": [lease.token for lease in over]})
        kept = [lease for lease in held if lease not in over]
        for lease in kept[:n]:
            if lease in ended:
                renewed = answering.renewed(lease, queue, tx.now)
                tx.append("lease", person, lease_body(renewed), lease.pair_id)
        lacking = n - len(kept)
        for item in draw(self.state, queue, person, tx.now, max(lacking, 0), self._chance):
            tx.append("lease", person, lease_body(item), item.pair_id)

    def _lease(self, person: str, token: str) -> Lease:
        lease = self.state.open_to.get(person, {}).get(token)
        if lease is None:
            raise RelabelError(
                "This pair is no longer open to you, so the answer was not saved.",
                "It was given back, or ran out and others have answered it.",
            )
        return lease

    def _again(self, seq: int, person: str) -> Receipt:
        vote = self.state.votes.get(seq)
        if vote is None or vote.annotator != person:
            raise RelabelError("This showing was taken back or skipped.", "Answer it where it is.")
        return Receipt(vote, repeated=True)

    def _count(self, queue: Queue) -> int:
        """Return how many answers a queue still wants; for large ones up to two seconds old."""
        at, found = self._wanted.get(queue.id, (-float("inf"), 0))
        if len(queue.real) > _SMALL and time.monotonic() - at < _COUNTED_SECONDS:
            return found
        open_ = (pair for pair in queue.pairs() if pair not in self.state.decisions)
        found = sum(max(0, queue.overlap - len(self.state.answers(pair))) for pair in open_)
        self._wanted[queue.id] = (time.monotonic(), found)
        return found
