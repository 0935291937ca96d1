"""How far people agree: overall, per queue, per source, and two by two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from core.relabel.ballots import Ballots, ballots
from core.relabel.state import State
from core.relabel.verdicts import Verdict
from core.schema.relabel import CastVote
from core.signals.agreement import Agreement, agreement, between
from core.signals.audit import Share, share_of
from core.views.team import Agreed

MOST_PEOPLE = 12
"""Of the table two by two: those with the most votes."""

ByPair = Mapping[int, Mapping[str, CastVote]]


@dataclass(frozen=True)
class TwoPeople:
    """How far two people agree."""

    first: str
    second: str
    kappa: Agreement


@dataclass(frozen=True)
class SplitOrWrong:
    """Two things that look alike in a noise rate and are not."""

    split: Share
    """Pairs over which people differ, of those with two votes or more."""
    against: Share
    """Pairs that people settle against the label, of those that they settle at all."""


def agreed(
    state: State, sources: tuple[tuple[str, tuple[int, ...]], ...] = ()
) -> tuple[Agreed, ...]:
    """Return the agreement of all votes, then per queue and per source where there are several.

    sources: every source with the pairs that it holds. Queues do not know those of imported votes.
    """
    rows = [_row("all", "All votes", state.by_pair)]
    queues = {queue.id: queue.name for queue in state.queues.values()}
    by_queue = {name: _of_queue(state.by_pair, key) for key, name in queues.items()}
    by_source = {
        name: {pair: state.by_pair[pair] for pair in pairs if pair in state.by_pair}
        for name, pairs in sources
    }
    for kind, parts in (("queue", by_queue), ("source", by_source)):
        held = {name: part for name, part in parts.items() if part}
        rows += [_row(kind, name, held[name]) for name in held] if len(held) > 1 else []
    return tuple(rows)


def two_by_two(state: State) -> tuple[TwoPeople, ...]:
    """Return Cohen's kappa of every two of the busiest people that judged a pair both."""
    votes = ballots(state.by_pair).judged()
    busy = [who for who, _ in Counter(votes.person.tolist()).most_common(MOST_PEOPLE)]
    found = (
        TwoPeople(
            votes.people[one],
            votes.people[other],
            between(votes.unit, votes.person, votes.value, (one, other)),
        )
        for one, other in combinations(sorted(busy), 2)
    )
    return tuple(two for two in found if two.kappa.units)


def split_or_wrong(
    found: Iterable[Verdict], rows: Iterable[tuple[int, int | None]]
) -> SplitOrWrong:
    """Return how many pairs with two votes or more people split over, and settle against a label.

    rows: (pair id, id of the response called chosen) of every row, None of a tie. A pair whose
    rows differ in their label is no label to be against.
    """
    labels: dict[int, set[int | None]] = {}
    for pair, chosen in rows:
        labels.setdefault(pair, set()).add(chosen)
    told = [verdict for verdict in found if verdict.n > 1]
    split = sum(verdict.outcome == "contested" for verdict in told)
    settled = [
        (verdict.winner_id, next(iter(labels[verdict.pair_id])))
        for verdict in told
        if verdict.outcome == "winner" and len(labels.get(verdict.pair_id, ())) == 1
    ]
    known = [(won, label) for won, label in settled if label is not None]
    return SplitOrWrong(
        share_of(split, len(told)), share_of(sum(w != c for w, c in known), len(known))
    )


def _row(kind: str, name: str, by_pair: ByPair) -> Agreed:
    votes = ballots(by_pair).judged()
    alpha = agreement(votes.unit, votes.person, votes.value)
    return Agreed(kind, name, alpha, _kappa(votes))


def _kappa(votes: Ballots) -> Agreement:
    """Return Cohen's kappa where two people met, Fleiss' where more did."""
    _, at, sizes = np.unique(votes.unit, return_inverse=True, return_counts=True)
    met = np.unique(votes.person[sizes[at] > 1]).tolist()
    if len(met) == 2:
        return between(votes.unit, votes.person, votes.value, (met[0], met[1]))
    return agreement(votes.unit, votes.person, votes.value, "fleiss_kappa")


def _of_queue(by_pair: ByPair, queue: str) -> ByPair:
    found = {
        pair: {who: vote for who, vote in cast.items() if vote.queue == queue}
        for pair, cast in by_pair.items()
    }
    return {pair: cast for pair, cast in found.items() if cast}
