"""Two desks on one log, three people, and anything in any order: what always holds."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path
from typing import TypeVar
from unittest.mock import patch

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from core.errors import RelabelError
from core.relabel.chain import Event
from core.relabel.state import State
from core.schema.relabel import Answer, BlindItem, CastVote, Ruling
from tests.desks import LEASE, Office, draft, item

T = TypeVar("T")
PEOPLE = ("ann", "bob", "cat")
GOLD = tuple(item(pair, stratum="gold", gold_id=pair * 10 + 1) for pair in (11, 12))
PRACTICE = (item(21, stratum="practice", gold_id=211),)
QUEUES = (
    draft(items=(*map(item, (1, 2, 3, 4)), *GOLD, *PRACTICE), gold_share=0.2, repeat_share=0.2),
    draft(items=tuple(map(item, (3, 4, 5))), name="second", overlap=2),
)
people = st.sampled_from(PEOPLE)
either = st.integers(0, 1)
pairs = st.integers(1, 5)
choice = st.sampled_from(["left", "right", "tie", "cannot_judge"])


class Relabelling(RuleBasedStateMachine):
    @initialize()
    def opens(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.at = Office(f"sqlite:///{self.folder}/votes.sqlite3", self.folder / "votes.head")
        self.desks = [self.at.desk(0), self.at.desk(1)]
        number = itertools.count()
        with patch("secrets.token_hex", lambda n: f"{next(number):0{2 * n}x}"):  # the secret lots
            self.queues = [self.desks[0].make_queue(made, "lead") for made in QUEUES]
        self.desks[1].refresh(0)
        self.restarts = 1
        self.shown: dict[str, tuple[str, BlindItem]] = {}
        self.standing: dict[str, tuple[str, int, Answer]] = {}
        self.used: set[str] = set()
        self.overlaps = {pair: {made.overlap for made in QUEUES} for pair in range(1, 22)}

    def teardown(self) -> None:
        if not hasattr(self, "at"):
            return
        try:
            fresh = self.at.desk(99)
            fresh.refresh(0)
            assert picture(fresh.state) == picture(self.desks[0].state)
            assert fresh.log.check() == []
            assert fresh.add_votes(list(fresh.state.votes.values()), "lead") == 0
        finally:
            self.at.close()
            shutil.rmtree(self.folder)

    # --- what happens -----------------------------------------------------------------------

    @rule(desk=either, person=people, queue=either, n=st.integers(1, 3))
    def shows(self, desk: int, person: str, queue: int, n: int) -> None:
        queue_id = self.queues[queue]
        for shown in tried(lambda: self.desks[desk].showing(person, queue_id, n)) or ():
            self.shown[shown.token] = (person, shown)

    @rule(desk=either, person=people, queue=either, says=choice)
    def answers(self, desk: int, person: str, queue: int, says: str) -> None:
        self.shows(desk, person, queue, 2)
        mine = self.desks[desk].state.open_to.get(person, {}).values()
        if here := [lease.token for lease in mine if lease.queue == self.queues[queue]]:
            self.vote(desk, person, here[0], says)

    @rule(data=st.data(), desk=either, person=people, says=choice)
    def answers_anything_ever_shown(
        self, data: st.DataObject, desk: int, person: str, says: str
    ) -> None:
        if self.shown:
            self.vote(desk, person, data.draw(st.sampled_from(sorted(self.shown))), says)

    def vote(self, desk: int, person: str, token: str, says: str) -> None:
        asked, shown = self.shown.get(token, (person, None))
        if shown is None:
            return
        winner = {"left": shown.left_id, "right": shown.right_id}.get(says)
        answer = Answer(winner_id=winner, tie=None if winner else says)
        receipt = tried(lambda: self.desks[desk].vote(person, token, answer))
        if receipt is None:
            return
        assert asked == person == receipt.vote.annotator
        assert receipt.vote.pair_id == shown.pair_id
        if receipt.repeated:
            assert self.standing[token] == (person, shown.pair_id, receipt.vote.answer)
        else:
            assert token not in self.used
            assert receipt.vote.answer == answer
            self.used.add(token)
            self.standing[token] = (person, shown.pair_id, answer)

    @rule(data=st.data(), desk=either, person=people)
    def skips(self, data: st.DataObject, desk: int, person: str) -> None:
        if self.shown:
            token = data.draw(st.sampled_from(sorted(self.shown)))
            tried(lambda: self.desks[desk].skip(person, token))
            if any(event.item_key == token for event in self.events()):
                self.used.add(token)

    @rule(data=st.data(), desk=either, person=people)
    def takes_back(self, data: st.DataObject, desk: int, person: str) -> None:
        votes = [vote for name in PEOPLE for vote in self.desks[desk].mine(name)]
        if votes:
            vote = data.draw(st.sampled_from(votes))
            again = tried(lambda: self.desks[desk].undo(person, vote.seq))
            if again is not None:
                assert vote.annotator == person
                assert (again.left_id, again.right_id) == (vote.left_id, vote.right_id)
                del self.standing[vote.token]
                self.shown[again.token] = (person, again)

    @rule(desk=either, person=people)
    def gives_back(self, desk: int, person: str) -> None:
        self.desks[desk].release(person)
        assert self.desks[desk].state.open_pairs(person) == frozenset()

    @rule(seconds=st.sampled_from([1, LEASE - 1, LEASE, 2 * LEASE, -LEASE // 2, -5 * LEASE]))
    def waits(self, seconds: int) -> None:
        self.at.clock.pass_(seconds)

    @rule(desk=either, pair=pairs, reviewer=st.sampled_from(["ann", "rev"]))
    def settles(self, desk: int, pair: int, reviewer: str) -> None:
        ruling = Ruling(winner_id=pair * 10 + 1)
        made = tried(lambda: self.desks[desk].decide(reviewer, pair, ruling))
        if made:
            assert self.desks[desk].state.decisions[pair] == made

    @rule(desk=either, pair=pairs)
    def withdraws(self, desk: int, pair: int) -> None:
        self.desks[desk].withdraw("rev", pair)
        assert pair not in self.desks[desk].state.decisions

    @rule(desk=either, queue=either, overlap=st.integers(1, 3))
    def wants(self, desk: int, queue: int, overlap: int) -> None:
        set_ = tried(lambda: not self.desks[desk].set_overlap(self.queues[queue], overlap, "lead"))
        assert bool(set_) != self.desks[desk].state.queues[self.queues[queue]].closed
        for asked in QUEUES[queue].items if set_ else ():
            self.overlaps[asked.pair_id].add(overlap)

    @rule(desk=either, queue=either, closed=st.booleans())
    def closes(self, desk: int, queue: int, closed: bool) -> None:
        self.desks[desk].close(self.queues[queue], "lead", closed)

    @rule(desk=either, queue=either, who=st.sampled_from([None, ("ann",), ("bob", "cat"), ()]))
    def assigns(self, desk: int, queue: int, who: tuple[str, ...] | None) -> None:
        tried(lambda: self.desks[desk].assign(self.queues[queue], who, "lead"))

    @rule(desk=either)
    def restarts_(self, desk: int) -> None:
        self.restarts += 1
        self.desks[desk] = self.at.desk(self.restarts)

    # --- what always holds ------------------------------------------------------------------

    @invariant()
    def holds(self) -> None:
        if not hasattr(self, "at"):
            return
        for desk in self.desks:
            desk.refresh(0)
            assert desk.damage == ""
        state = self.desks[0].state
        assert picture(state) == picture(self.desks[1].state)
        self.acknowledged_is_there(state)
        counted, opened = reference(self.events())
        assert {pair: votes for pair, votes in state.by_pair.items() if votes} == counted
        for pair, votes in counted.items():
            assert len(votes) <= max(self.overlaps[pair])
        for person in PEOPLE:
            leases = state.open_to.get(person, {}).values()
            assert sorted(lease.pair_id for lease in leases) == sorted(opened[person].values())
            assert len(set(opened[person].values())) == len(opened[person])
            assert state.open_pairs(person) == set(opened[person].values())

    def acknowledged_is_there(self, state: State) -> None:
        votes = {v.token: (v.annotator, v.pair_id, v.answer) for v in state.votes.values()}
        assert votes == self.standing
        assert self.used <= state.spent.keys()

    def events(self) -> list[Event]:
        return self.desks[0].log.after(0)


def tried(step: Callable[[], T]) -> T | None:
    """Return what a step gives, None where it is refused."""
    try:
        return step()
    except RelabelError:
        return None


def reference(
    events: Iterable[Event],
) -> tuple[dict[int, dict[str, CastVote]], dict[str, dict[str, int]]]:
    """Return who counts on which pair, and what is open to whom, read naively from the log."""
    from core.relabel.reading import vote_of

    standing: dict[int, CastVote] = {}
    opened: dict[str, dict[str, int]] = defaultdict(dict)
    for event in events:
        if event.kind == "vote":
            standing[event.seq] = vote_of(event)
        elif event.kind == "undo":
            del standing[event.body["vote"]]
        elif event.kind == "lease":
            assert event.pair_id is not None
            opened[event.person][event.body["token"]] = event.pair_id
        if event.kind in ("vote", "skip", "release"):
            for token in event.body.get("tokens", [event.body.get("token")]):
                opened[event.person].pop(token)
    counted: dict[int, dict[str, CastVote]] = defaultdict(dict)
    for vote in standing.values():
        if vote.purpose == "real" and not vote.late:
            counted[vote.pair_id][vote.annotator] = vote
    return dict(counted), opened


def picture(state: State) -> dict[str, object]:
    """Return all that a state says; what is only remembered for speed left out."""
    said = {f.name: getattr(state, f.name) for f in fields(state) if f.name not in _APART}
    drawn = {name: _full(value) for name, value in said.items()}
    queues = {
        queue.id: {k: v for k, v in queue.__dict__.items() if k != "ahead"}
        for queue in state.queues.values()
    }
    return {**drawn, "queues": queues}


_APART = ("items", "queues")


def _full(value: object) -> object:
    """Return a table without empty entries, which a question can leave behind."""
    if not isinstance(value, dict):
        return value
    return {key: held for key, held in value.items() if held or held == 0}


Relabelling.TestCase.settings = settings(max_examples=20, stateful_step_count=40)
TestRelabelling = Relabelling.TestCase
