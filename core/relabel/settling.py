"""Pairs that wait for a reviewer's ruling, everything said about one, and the rulings so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock

from core.relabel.chain import Event
from core.relabel.log import Log
from core.relabel.mending import behind
from core.relabel.state import State
from core.relabel.verdicts import Outcome, Verdict
from core.schema.relabel import CastVote, Decision, Head

OPEN: tuple[Outcome, ...] = ("contested", "unresolved", "cannot_judge")
"""Outcomes that leave a label without an answer."""


@dataclass(frozen=True)
class Waiting:
    """A pair that a reviewer may settle."""

    pair_id: int
    n_votes: int
    alike: int
    """Votes that give the commonest answer."""
    outcome: Outcome
    """Of the rule that is chosen."""
    queues: frozenset[str]
    """In which its votes were given."""

    @property
    def differ(self) -> bool:
        """Return whether two people said different things."""
        return self.alike < self.n_votes


def waiting(state: State, verdicts: Iterable[Verdict]) -> tuple[Waiting, ...]:
    """Return the pairs without a ruling over which people differ, or that the rule leaves open.

    Those over which people differ come first, the most evenly split before the others, then those
    with the most votes.
    """
    found = []
    for verdict in verdicts:
        cast = state.by_pair.get(verdict.pair_id, {})
        if not cast or verdict.pair_id in state.decisions:
            continue
        said = Counter((v.answer.winner_id, v.answer.tie) for v in cast.values())
        queues = frozenset(v.queue for v in cast.values())
        one = Waiting(
            verdict.pair_id, len(cast), said.most_common(1)[0][1], verdict.outcome, queues
        )
        if one.differ or verdict.outcome in OPEN:
            found.append(one)
    return tuple(sorted(found, key=_urgency))


def _urgency(one: Waiting) -> tuple[bool, float, int, int]:
    return (not one.differ, one.alike / one.n_votes, -one.n_votes, one.pair_id)


def said_of(state: State, pair_id: int) -> tuple[CastVote, ...]:
    """Return the votes on a pair's label, those that count first, each in the log's order."""
    counted = {vote.seq for vote in state.by_pair.get(pair_id, {}).values()}
    late = [
        v for v in state.votes.values() if v.pair_id == pair_id and v.late and v.purpose == "real"
    ]
    return (*(state.votes[seq] for seq in sorted(counted)), *late)


def settled(state: State) -> tuple[Decision, ...]:
    """Return the rulings that stand, the last one first."""
    return tuple(sorted(state.decisions.values(), key=lambda made: -made.seq))


def sources_of(verdicts: Iterable[Verdict]) -> Mapping[str, int]:
    """Return who says what becomes of pairs, and of how many, the commonest first."""
    return dict(Counter(verdict.source for verdict in verdicts).most_common())


@dataclass
class Rulings:
    """Every ruling and withdrawal that was ever made; the state keeps those that stand."""

    head: Head = field(default_factory=lambda: Head(0, ""))
    """Of the event that was taken last."""
    events: list[Event] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def catch_up(self, log: Log) -> None:
        """Take what came since, or all of a log that an older backup replaced."""
        same, events = behind(log, self.head)
        made = [event for event in events if event.kind == "decision"]
        self.events = [*self.events, *made] if same else made
        if events:
            self.head = Head(events[-1].seq, events[-1].hash)
