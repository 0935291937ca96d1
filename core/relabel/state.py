"""What the log's events make: pure, and the same for everyone who replays the same events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from core.relabel.chain import Event
from core.relabel.queues import Lease, Queue
from core.relabel.reading import (
    Items,
    decision_of,
    guideline_hash,
    identity,
    lease_of,
    queue_of,
    vote_of,
)
from core.schema.relabel import CastVote, Decision


@dataclass
class State:
    """Everything that stands; changed by `apply` alone, in the order of the log."""

    items: Items
    """Reads the items of a queue."""
    seq: int = 0
    queues: dict[str, Queue] = field(default_factory=dict)
    votes: dict[int, CastVote] = field(default_factory=dict)
    """By seq: all that stand, of every purpose, late ones too."""
    by_pair: dict[int, dict[str, CastVote]] = field(default_factory=dict)
    """Answers that count: of purpose `real`, not late, a person's last one on a pair."""
    by_person: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """seq of the votes that stand, in their order."""
    decisions: dict[int, Decision] = field(default_factory=dict)
    leases: dict[str, Lease] = field(default_factory=dict)
    """By token: what is open."""
    spent: dict[str, int] = field(default_factory=dict)
    """Token → seq of the vote or skip that used it, undone or not."""
    open_to: dict[str, dict[str, Lease]] = field(default_factory=lambda: defaultdict(dict))
    """Person → token → lease."""
    held: dict[int, dict[str, Lease]] = field(default_factory=lambda: defaultdict(dict))
    """Pair → person → lease for its label."""
    skipped: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    """Person → pairs that they are not asked again: skipped, or answered too late."""
    practised: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    """Person → pairs whose solution they were told."""
    undone: set[str] = field(default_factory=set)
    """Identities of votes that were taken back: a file does not bring them in again."""
    asked: dict[tuple[str, str], set[int]] = field(default_factory=lambda: defaultdict(set))
    """Queue and person → places of gold, practice and repeated items that are behind them."""
    drawn: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    """Queue and person → how many items were drawn."""
    invites: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Hash of a token → person, when it ends."""
    joins: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Hash of a used token → person, seq."""
    removed: dict[str, int] = field(default_factory=dict)
    """Person → seq of the removal."""

    def apply(self, event: Event) -> None:
        """Take the next event; kinds of later versions are passed over."""
        if event.seq != self.seq + 1:
            raise ValueError(f"event {event.seq} after {self.seq}")
        if event.kind in _KINDS:
            _KINDS[event.kind](self, event)
        self.seq = event.seq

    def open_pairs(self, person: str) -> frozenset[int]:
        """Return the pairs that are hidden from a person elsewhere: those open to them."""
        return frozenset(lease.pair_id for lease in self.open_to.get(person, {}).values())

    def answers(self, pair_id: int) -> Mapping[str, CastVote]:
        """Return the counted answers on a pair by person."""
        return self.by_pair.get(pair_id, {})

    def runs(self, lease: Lease, now: int) -> bool:
        """Return whether a lease holds its pair; one from a clock that was far ahead does not."""
        longest = 2_000_000 * self.queues[lease.queue].lease_seconds
        return now < lease.expires <= now + longest

    def room(self, queue: Queue, pair_id: int, person: str, now: int) -> bool:
        """Return whether one more answer is wanted, those being given by others set apart."""
        others = sum(
            who != person and self.runs(lease, now)
            for who, lease in self.held.get(pair_id, {}).items()
        )
        answered = self.answers(pair_id)
        return len(answered) - (person in answered) + others < queue.overlap

    # --- what events do -----------------------------------------------------------------------

    def _queue(self, event: Event) -> None:
        made = queue_of(event, self.items(event.body["queue"]))
        self.queues[made.id] = made

    def _assign(self, event: Event) -> None:
        people = event.body["people"]
        self.queues[event.body["queue"]].people = None if people is None else tuple(people)

    def _overlap(self, event: Event) -> None:
        queue = self.queues[event.body["queue"]]
        queue.overlap = event.body["overlap"]
        queue.largest = max(queue.largest, queue.overlap)
        queue.ahead.clear()

    def _close(self, event: Event) -> None:
        self.queues[event.body["queue"]].closed = event.body["closed"]

    def _guideline(self, event: Event) -> None:
        queue = self.queues[event.body["queue"]]
        queue.guideline = event.body["text"]
        queue.guideline_hash = guideline_hash(queue.guideline)

    def _lease(self, event: Event) -> None:
        lease = lease_of(event)
        known = self.leases.get(lease.token)
        if known is None and not event.body.get("undone"):
            self.drawn[lease.queue, lease.person] += 1
        # A renewed lease keeps its place in the order.
        lease = replace(lease, order=known.order) if known else lease
        self.leases[lease.token] = self.open_to[lease.person][lease.token] = lease
        if lease.purpose == "real":
            self.held[lease.pair_id][lease.person] = lease

    def _release(self, event: Event) -> None:
        for token in event.body["tokens"]:
            self._end(token)

    def _vote(self, event: Event) -> None:
        vote = vote_of(event)
        if vote.token:  # votes of another log have none
            self._end(vote.token)
            self.spent[vote.token] = vote.seq
        self.votes[vote.seq] = vote
        self.by_person[vote.annotator].append(vote.seq)
        if vote.purpose == "real":
            self._answer(vote)
        else:
            self.asked[vote.queue, vote.annotator].add(vote.place)
        if vote.purpose == "practice":
            self.practised[vote.annotator].add(vote.pair_id)

    def _answer(self, vote: CastVote) -> None:
        if vote.late:
            self.skipped[vote.annotator].add(vote.pair_id)
            return
        self.skipped[vote.annotator].discard(vote.pair_id)
        cast = self.by_pair.setdefault(vote.pair_id, {})
        standing = cast.get(vote.annotator)
        # A file may bring an older answer than the one that stands.
        if standing is None or not vote.origin or vote.at >= standing.at:
            cast[vote.annotator] = vote

    def _skip(self, event: Event) -> None:
        lease = self.leases[event.body["token"]]
        self._end(lease.token)
        self.spent[lease.token] = event.seq
        if lease.purpose == "real":
            self.skipped[lease.person].add(lease.pair_id)
        else:
            self.asked[lease.queue, lease.person].add(lease.place)

    def _undo(self, event: Event) -> None:
        vote = self.votes.pop(event.body["vote"])
        self.undone.add(identity(vote))
        self.by_person[vote.annotator].remove(vote.seq)
        if vote.purpose != "real":
            self.asked[vote.queue, vote.annotator].discard(vote.place)
            return
        self.skipped[vote.annotator].discard(vote.pair_id)
        counted = self.by_pair.get(vote.pair_id, {})
        if counted.get(vote.annotator) == vote:
            del counted[vote.annotator]
            self._before(vote)
            if not counted:
                del self.by_pair[vote.pair_id]
        self._freed(vote.pair_id)

    def _before(self, undone: CastVote) -> None:
        """Let the person's vote before the undone one on the same pair count again."""
        for seq in reversed(self.by_person[undone.annotator]):
            vote = self.votes[seq]
            if vote.pair_id == undone.pair_id and vote.purpose == "real" and not vote.late:
                self.by_pair[undone.pair_id][undone.annotator] = vote
                return

    def _decision(self, event: Event) -> None:
        if "withdrawn" in event.body:
            self.decisions.pop(event.pair_id or 0, None)
            self._freed(event.pair_id or 0)
        else:
            made = decision_of(event)
            self.decisions[made.pair_id] = made

    def _invite(self, event: Event) -> None:
        self.invites[event.body["token_hash"]] = (event.body["person"], event.body["expires"])

    def _join(self, event: Event) -> None:
        self.joins[event.body["token_hash"]] = (event.body["person"], event.seq)

    def _removed(self, event: Event) -> None:
        self.removed[event.body["person"]] = event.seq

    def _end(self, token: str) -> None:
        lease = self.leases.pop(token, None)
        if lease is None:
            return
        self.open_to[lease.person].pop(token, None)
        held = self.held.get(lease.pair_id, {})
        if held.get(lease.person) == lease:
            del held[lease.person]
            if not held:
                del self.held[lease.pair_id]

    def _freed(self, pair_id: int) -> None:
        """Let a pair be asked again, wherever it is."""
        for queue in self.queues.values():
            queue.offer(pair_id)


_KINDS: Mapping[str, Callable[[State, Event], None]] = {
    "queue": State._queue,
    "assign": State._assign,
    "overlap": State._overlap,
    "close": State._close,
    "guideline": State._guideline,
    "lease": State._lease,
    "release": State._release,
    "vote": State._vote,
    "skip": State._skip,
    "undo": State._undo,
    "decision": State._decision,
    "invite": State._invite,
    "join": State._join,
    "removed": State._removed,
}
