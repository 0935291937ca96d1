"""What a review found wrong with the log and the desk, each as somebody met it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.commands.voteline import vote_of
from core.commands.votes import _lines
from core.errors import LogDamaged, LogError, RelabelError
from core.relabel.desk import Desk
from core.relabel.log import Log
from core.schema.relabel import Answer, CastVote, Ruling
from tests.desks import Office, answer_next, draft, item, left, office


def exported(desk: Desk) -> list[CastVote]:
    return [vote_of(json.loads(line), "before.jsonl") for line in desk.ask(_lines)]


def test_an_older_export_brings_no_answer_back(at: Office) -> None:
    """She took an answer back and gave another; importing last week's file undid that."""
    desk = at.desk()
    queue = desk.make_queue(draft(), "lead")
    first = answer_next(desk, "ann", queue)
    file = exported(desk)
    at.clock.pass_(60)
    again = desk.undo("ann", first.vote.seq)
    assert desk.add_votes(file, "lead") == 0
    assert desk.state.answers(first.vote.pair_id) == {}
    second = desk.vote("ann", again.token, Answer(winner_id=again.right_id))
    assert desk.add_votes(file, "lead") == 0
    assert desk.state.answers(first.vote.pair_id)["ann"] == second.vote


def test_an_older_answer_of_another_log_counts_for_nothing(at: Office, tmp_path: Path) -> None:
    with office(f"sqlite:///{tmp_path}/other.sqlite3") as elsewhere:
        desk = elsewhere.desk()
        answer_next(desk, "ann", desk.make_queue(draft(), "lead"))
        file = exported(desk)
    at.clock.pass_(60)
    here = at.desk()
    own = answer_next(here, "ann", here.make_queue(draft(), "lead"))
    assert own.vote.pair_id == file[0].pair_id
    assert here.add_votes(file, "lead") == 1
    assert here.state.answers(own.vote.pair_id)["ann"] == own.vote


def test_who_is_not_asked_any_more_takes_nothing_back(at: Office) -> None:
    """The answer was gone, and she could not give another."""
    desk = at.desk()
    queue = desk.make_queue(draft(), "lead")
    given = answer_next(desk, "ann", queue).vote
    desk.assign(queue, ("bob",), "lead")
    with pytest.raises(RelabelError, match="not asked in its queue any more"):
        desk.undo("ann", given.seq)
    assert desk.state.answers(given.pair_id)["ann"] == given


def test_a_pair_whose_solution_was_told_is_not_asked_elsewhere(at: Office) -> None:
    desk = at.desk()
    told = item(3, stratum="practice", probability=None, gold_id=31)
    first = desk.make_queue(draft(1, items=(item(1), told)), "lead")
    assert answer_next(desk, "ann", first).vote.pair_id == 3
    gold = item(3, stratum="gold", probability=None, gold_id=31)
    second = desk.make_queue(
        draft(4, name="second", items=(item(3), item(4), gold), gold_share=0.9, overlap=2), "lead"
    )
    shown = {one.pair_id for one in desk.showing("ann", second, 3)}
    assert shown == {4}
    assert {one.pair_id for one in desk.showing("bob", second, 3)} == {3, 4}


def test_a_cut_log_is_not_gone_on_with_by_whoever_has_no_desk(at: Office) -> None:
    """`people add` wrote to a log that had lost its end, and nobody could see the loss any more."""
    desk = at.desk()
    queue = desk.make_queue(draft(), "lead")
    answer_next(desk, "ann", queue)
    last = at.sql("SELECT max(seq) FROM events")[0][0]
    kept = at.sql("SELECT seq, hash FROM events WHERE seq = :seq", seq=last - 2)[0]
    at.sql("DELETE FROM events WHERE seq > :seq", seq=kept.seq)
    at.sql("UPDATE head SET seq = :seq, hash = :hash", seq=kept.seq, hash=kept.hash)
    fresh = at.log()
    with pytest.raises(LogDamaged, match="2 are gone"), fresh.writing() as writing:
        writing.append("invite", "lead", {"person": "x"})
    assert fresh.head().seq == kept.seq
    assert any("2 are gone" in line for line in fresh.check())


def test_nobody_waits_in_turn_for_a_log_that_does_not_answer(
    at: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = at.desk()
    desk.make_queue(draft(), "lead")
    asked: list[int] = []

    def away(log: Log) -> None:
        asked.append(1)
        raise LogError("The log is away.", "Later.")

    with monkeypatch.context() as patch:
        patch.setattr(Log, "head", away)
        patch.setattr(desk, "_looked", -float("inf"))
        for _ in range(4):
            with pytest.raises(LogError, match="away"):
                desk.refresh()
    assert len(asked) == 1
    assert desk.refresh(0).seq == 1  # who asks for now is answered for now


def test_nobody_waits_in_turn_to_write_to_a_log_that_does_not_answer(
    at: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = at.desk()
    queue = desk.make_queue(draft(), "lead")
    asked: list[int] = []

    @contextmanager
    def away(log: Log) -> Iterator[None]:
        asked.append(1)
        raise LogError("The log is away.", "Later.")
        yield

    with monkeypatch.context() as patch:
        patch.setattr(Log, "writing", away)
        for _ in range(4):
            with pytest.raises(LogError, match="away"):
                desk.showing("ann", queue)
        with pytest.raises(LogError, match="away"):
            desk.refresh()
    assert len(asked) == 1
    desk.refresh(0)
    assert desk.showing("ann", queue)


# --- two at once ---------------------------------------------------------------------------------


def between(desk: Desk, action: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let another thread act once, where it may, after the next step was saved."""
    writing, waits = desk._writing, [action]

    def act(action: Callable[[], object]) -> None:
        if desk._lock.acquire(blocking=False):
            action()
            desk._lock.release()

    @contextmanager
    def slow() -> Iterator[object]:
        with writing() as tx:
            yield tx
        if waits:
            other = threading.Thread(target=act, args=(waits.pop(),))
            other.start()
            other.join()

    monkeypatch.setattr(desk, "_writing", slow)


def test_a_ruling_that_is_withdrawn_at_once_was_saved(
    at: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = at.desk()
    between(desk, lambda: desk.withdraw("rev2", 1), monkeypatch)
    assert desk.decide("rev", 1, Ruling(winner_id=11, cause="annotator slip")).reviewer == "rev"


def test_a_vote_that_is_taken_back_at_once_was_saved(
    at: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = at.desk()
    queue = desk.make_queue(draft(), "lead")
    shown = desk.showing("ann", queue)[0]
    between(desk, lambda: desk.undo("ann", max(desk.state.votes)), monkeypatch)
    assert desk.vote("ann", shown.token, left(shown)).vote.pair_id == shown.pair_id
