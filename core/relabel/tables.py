"""The votes that stand, and what they come to, as tables for the store."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import pyarrow as pa

from core.relabel.ballots import ballots
from core.relabel.state import State
from core.relabel.verdicts import Verdict, verdicts
from core.schema.relabel import CastVote, Decision
from core.schema.voted import VERDICT_COLUMNS, VOTED_COLUMNS
from core.store.instance import Store

RULE = "majority"
"""The rule that the filter `verdict`, and gold from votes, speak by."""

Ask = Callable[[Callable[[State], State]], State]
"""`Desk.ask`: a short question to the state while nobody changes it."""

_VOTED: Mapping[str, Callable[[CastVote], object]] = {
    "pair_id": lambda vote: vote.pair_id,
    "annotator": lambda vote: vote.annotator,
    "winner_id": lambda vote: vote.answer.winner_id,
    "tie_kind": lambda vote: vote.answer.tie,
    "strength": lambda vote: vote.answer.strength,
    "voted_at": lambda vote: vote.at,
    "seconds": lambda vote: vote.answer.seconds,
    "tags": lambda vote: ", ".join(vote.answer.tags),
    "rationale": lambda vote: vote.answer.rationale,
    "queue": lambda vote: vote.queue,
    "late": lambda vote: vote.late,
}


def vote_table(state: State) -> pa.Table:
    """Return the votes on labels: those that count, in the log's order, and late ones.

    What checks a person (gold, practice, an item shown again) is no vote on a label, and of a
    person's several votes on one pair the last one counts.
    """
    counted = {vote.seq for cast in state.by_pair.values() for vote in cast.values()}
    kept = [
        vote
        for seq, vote in state.votes.items()
        if seq in counted or (vote.late and vote.purpose == "real")
    ]
    columns = {name: [said(vote) for vote in kept] for name, said in _VOTED.items()}
    return pa.table(columns, schema=VOTED_COLUMNS)


def verdict_table(found: Iterable[Verdict]) -> pa.Table:
    """Return a row per pair with votes or a ruling."""
    rows = list(found)
    columns = {
        "pair_id": [row.pair_id for row in rows],
        "outcome": [row.outcome for row in rows],
        "winner_id": [row.winner_id for row in rows],
        "share": [row.share for row in rows],
        "n_votes": [row.n for row in rows],
        "source_of": [row.source for row in rows],
    }
    return pa.table(columns, schema=VERDICT_COLUMNS)


class Tables:
    """Fills stores from one log. It remembers verdicts: 20,000 pairs take a second to judge."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said: dict[int, tuple[CastVote | Decision, ...]] = {}
        """Pair → its votes and its ruling, as they were judged; a restored log gives a seq anew."""
        self._verdicts: dict[int, Verdict] = {}

    def fill(self, store: Store, ask: Ask, head: int) -> None:
        """Bring a store to `head` or later; `ask` is that of the log's desk.

        A log that was restored may end before what the store holds.
        """
        with self._lock:
            if head <= store.live_head:
                if store.live_head <= ask(_same).seq:
                    return
                store.live_head = 0
            state = ask(standing)
            store.fill(vote_table(state), verdict_table(self._judged(state)), state.seq)

    def _judged(self, state: State) -> Iterable[Verdict]:
        """Return the verdicts; only pairs of which something else is said are judged again."""
        said: dict[int, tuple[CastVote | Decision, ...]]
        said = {pair: tuple(cast.values()) for pair, cast in state.by_pair.items()}
        for pair, made in state.decisions.items():
            said[pair] = (*said.get(pair, ()), made)
        changed = {pair for pair, held in said.items() if self._said.get(pair) != held}
        votes = {pair: state.by_pair[pair] for pair in changed if pair in state.by_pair}
        ruled = {pair: made for pair, made in state.decisions.items() if pair in changed}
        self._verdicts |= {v.pair_id: v for v in verdicts(RULE, ballots(votes), ruled)}
        self._verdicts = {pair: self._verdicts[pair] for pair in said if pair in self._verdicts}
        self._said = said
        return self._verdicts.values()


def _same(state: State) -> State:
    return state


def standing(state: State) -> State:
    """Return a copy of what is read here, so that the desk need not wait for the tables."""
    return replace(
        state,
        votes=dict(state.votes),
        by_pair={pair: dict(cast) for pair, cast in state.by_pair.items() if cast},
        decisions=dict(state.decisions),
    )
