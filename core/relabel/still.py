"""A copy of the state that stands still, for questions that take longer than a vote may wait."""

from __future__ import annotations

import copy
from collections.abc import Collection
from dataclasses import replace

from core.relabel.state import State


def still(state: State) -> State:
    """Return a copy of what stands; ask it while others vote.

    Votes, decisions and items are frozen values and are shared; what events change is copied.
    """
    return replace(
        state,
        queues={key: copy.copy(queue) for key, queue in state.queues.items()},
        votes=dict(state.votes),
        by_pair={pair: dict(cast) for pair, cast in state.by_pair.items()},
        by_person={name: list(seqs) for name, seqs in state.by_person.items()},
        decisions=dict(state.decisions),
        leases=dict(state.leases),
        open_to={name: dict(leases) for name, leases in state.open_to.items()},
        held={pair: dict(leases) for pair, leases in state.held.items()},
        skipped={name: set(pairs) for name, pairs in state.skipped.items()},
        practised={name: set(pairs) for name, pairs in state.practised.items()},
        undone=set(state.undone),
        asked={key: set(places) for key, places in state.asked.items()},
        drawn=dict(state.drawn),
        joins=dict(state.joins),
        removed=dict(state.removed),
    )


def without(state: State, pairs: Collection[int]) -> State:
    """Return the state as if nobody had said anything about some pairs.

    For whoever is to judge these blind: no number on a page moves with what others say of them.
    """
    if not pairs:
        return state
    return replace(
        state,
        votes={seq: vote for seq, vote in state.votes.items() if vote.pair_id not in pairs},
        by_pair={pair: cast for pair, cast in state.by_pair.items() if pair not in pairs},
        decisions={pair: made for pair, made in state.decisions.items() if pair not in pairs},
    )
