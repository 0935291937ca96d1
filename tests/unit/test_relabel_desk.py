"""The desk on both databases: answers, overlap, people, closing and rulings."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import RelabelError
from core.relabel.desk import Desk
from core.schema.relabel import Answer, Ruling
from tests.desks import (
    ODD,
    Office,
    answer_all,
    answer_next,
    counted,
    draft,
    item,
    left,
    office,
)

# --- answers -----------------------------------------------------------------------------------


def test_an_answer_is_there_for_everyone_when_vote_returns(at: Office, desk: Desk) -> None:
    queue = desk.make_queue(draft(), "lead")
    shown = desk.showing("ann", queue)[0]
    said = left(shown, strength=2, tags=("taste",), rationale="odd", seconds=3.5, masked=True)
    receipt = desk.vote("ann", shown.token, said)
    assert not receipt.repeated
    vote = receipt.vote
    assert (vote.annotator, vote.queue, vote.pair_id, vote.token, vote.at, vote.late) == (
        "ann", queue, shown.pair_id, shown.token, at.clock.at, False,
    )  # fmt: skip
    assert vote.answer == said
    other = at.desk(1)
    other.refresh(0)
    assert other.state.votes == {vote.seq: vote} == desk.state.votes
    assert counted(other, shown.pair_id) == {"ann": shown.left_id}


def test_the_next_pair_is_drawn_with_the_answer(desk: Desk) -> None:
    queue = desk.make_queue(draft(), "lead")
    first, second = desk.showing("ann", queue)
    desk.vote("ann", first.token, left(first))
    seq = desk.refresh(0).seq
    assert desk.showing("ann", queue)[0] == second
    assert len(desk.showing("ann", queue)) == 2
    assert desk.refresh(0).seq == seq


def test_the_same_showing_again_gives_what_stands(at: Office, desk: Desk) -> None:
    queue = desk.make_queue(draft(), "lead")
    shown = desk.showing("ann", queue)[0]
    first = desk.vote("ann", shown.token, left(shown))
    for other in (desk, at.desk(1)):
        again = other.vote("ann", shown.token, Answer(tie="tie"))
        assert again.repeated
        assert again.vote == first.vote
    assert len(at.log().after(0)) == 5


def test_a_showing_of_somebody_else_is_refused(desk: Desk) -> None:
    queue = desk.make_queue(draft(overlap=2), "lead")
    shown = desk.showing("ann", queue)[0]
    desk.showing("bob", queue)
    for token in (shown.token, "unknown", "", "\ud800", "'"):
        with pytest.raises(RelabelError, match="no longer open"):
            desk.vote("bob", token, left(shown))
    desk.vote("ann", shown.token, left(shown))
    with pytest.raises(RelabelError, match="taken back or skipped"):
        desk.vote("bob", shown.token, left(shown))
    assert counted(desk, shown.pair_id) == {"ann": shown.left_id}


@pytest.mark.parametrize(
    "wrong",
    [
        Answer(), Answer(winner_id=999), Answer(tie="contested"), Answer(tie="no such"),
        Answer(winner_id=11, tie="tie"), Answer(11, strength=4), Answer(11, strength=0),
        Answer(11, tags=("none",)), Answer(11, attributes={"help": 6}), Answer(11, seconds=-1.0),
        Answer(11, seconds=math.nan), Answer(11, seconds=math.inf),
        Answer(11, rationale="x" * 4001),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_refused(tmp_path: Path, wrong: Answer) -> None:
    with office(f"sqlite:///{tmp_path}/votes.sqlite3") as at:
        desk = at.desk()
        queue = desk.make_queue(draft(1), "lead")
        shown = desk.showing("ann", queue)[0]
        with pytest.raises(RelabelError):
            desk.vote("ann", shown.token, wrong)
        assert desk.showing("ann", queue) == (shown,)
        assert not desk.state.votes


@pytest.mark.parametrize("text", ODD)
def test_any_rationale_note_and_guideline_is_kept(at: Office, desk: Desk, text: str) -> None:
    said = draft(2, guideline=text, name=text, sentence=text, warning=text)
    queue = desk.make_queue(replace(said, items=(item(1, source=text), item(2))), "lead")
    shown = desk.showing("ann", queue)[0]
    desk.vote("ann", shown.token, left(shown, rationale=text))
    desk.decide("rev", 2, Ruling(tie="contested", note=text))
    other = at.desk(1)
    other.refresh(0)
    assert shown.source == text
    assert other.mine("ann")[0].answer.rationale == text
    assert other.state.decisions[2].ruling.note == text
    assert other.state.queues[queue].guideline == other.state.queues[queue].name == text
    assert at.log().check() == []


@pytest.mark.parametrize("name", ["nul \0 in it", "half \ud83d a pair"])
def test_a_person_whose_name_cannot_be_held_is_told(desk: Desk, name: str) -> None:
    queue = desk.make_queue(draft(), "lead")
    for step in (
        lambda: desk.showing(name, queue),
        lambda: desk.make_queue(draft(name="other"), name),
        lambda: desk.decide(name, 1, Ruling(tie="tie")),
    ):
        with pytest.raises(RelabelError, match="no text"):
            step()
    assert desk.showing("ann", queue)


def test_a_vote_keeps_the_guideline_that_stood_beside_it(desk: Desk) -> None:
    queue = desk.make_queue(draft(guideline="one"), "lead")
    first = answer_next(desk, "ann", queue).vote.guideline
    desk.set_guideline(queue, "two", "lead")
    second = answer_next(desk, "ann", queue).vote.guideline
    assert first
    assert second == desk.state.queues[queue].guideline_hash != first


# --- overlap -----------------------------------------------------------------------------------


@pytest.mark.parametrize("overlap", [1, 2, 3])
def test_a_queue_ends_with_so_many_answers_each(at: Office, overlap: int) -> None:
    desks = [at.desk(n) for n in range(2)]
    queue = desks[0].make_queue(draft(5, overlap=overlap), "lead")
    for turn in range(30):
        person = ("ann", "bob", "cat", "dan")[turn % 4]
        desk = desks[turn % 2]
        desk.refresh(0)
        if shown := desk.showing(person, queue):
            desk.vote(person, shown[0].token, left(shown[0]))
    assert [len(counted(desks[0], pair)) for pair in range(1, 6)] == [overlap] * 5
    assert desks[0].progress("ann", queue).wanted == 0
    assert desks[0].showing("ann", queue) == ()


def test_the_last_place_is_given_once(at: Office) -> None:
    one, two = at.desk(), at.desk(1)
    queue = one.make_queue(draft(1), "lead")
    assert len(one.showing("ann", queue)) == 1
    assert two.showing("bob", queue) == () == one.showing("bob", queue)


def test_overlap_goes_up_and_down(desk: Desk) -> None:
    queue = desk.make_queue(draft(2), "lead")
    assert len(answer_all(desk, "ann", queue)) == 2
    assert desk.showing("bob", queue) == ()
    desk.set_overlap(queue, 2, "lead")
    assert len(answer_all(desk, "bob", queue, 1)) == 1
    assert desk.progress("bob", queue).wanted == 1
    desk.set_overlap(queue, 1, "lead")
    held = desk.showing("bob", queue)
    assert len(held) == 1
    desk.vote("bob", held[0].token, left(held[0]))
    assert [len(counted(desk, pair)) for pair in (1, 2)] == [2, 2]
    assert desk.progress("bob", queue).wanted == 0
    with pytest.raises(RelabelError, match="at least one"):
        desk.set_overlap(queue, 0, "lead")


def test_one_pair_in_two_queues_is_asked_once_of_a_person(desk: Desk) -> None:
    first = desk.make_queue(draft(2, overlap=2), "lead")
    second = desk.make_queue(draft(2, overlap=2, name="second"), "lead")
    assert len(desk.showing("ann", first)) == 2
    assert desk.showing("ann", second) == ()
    assert len(answer_all(desk, "ann", first)) == 2
    assert desk.showing("ann", second) == ()
    assert len(answer_all(desk, "bob", second)) == 2
    assert desk.showing("cat", first) == ()
    assert [len(counted(desk, pair)) for pair in (1, 2)] == [2, 2]


def test_a_settled_pair_is_not_asked_again(desk: Desk) -> None:
    queue = desk.make_queue(draft(2), "lead")
    answer_all(desk, "ann", queue)
    desk.decide("rev", 1, Ruling(winner_id=11))
    desk.set_overlap(queue, 2, "lead")
    assert [shown.pair_id for shown in desk.showing("bob", queue)] == [2]
    assert desk.progress("bob", queue).wanted == 1
    desk.withdraw("rev", 1)
    assert {shown.pair_id for shown in desk.showing("bob", queue)} == {1, 2}


# --- people, closing, rulings ------------------------------------------------------------------


def test_only_those_who_are_asked(desk: Desk) -> None:
    queue = desk.make_queue(draft(people=("ann",)), "lead")
    held = desk.showing("ann", queue)
    with pytest.raises(RelabelError, match="not asked"):
        desk.showing("bob", queue)
    desk.assign(queue, ("bob",), "lead")
    assert desk.showing("bob", queue)
    assert desk.showing("ann", queue) == held
    desk.vote("ann", held[0].token, left(held[0]))
    assert desk.showing("ann", queue) == held[1:]
    desk.vote("ann", held[1].token, left(held[1]))
    with pytest.raises(RelabelError, match="not asked"):
        desk.showing("ann", queue)
    desk.assign(queue, None, "lead")
    assert desk.showing("cat", queue)
    with pytest.raises(RelabelError, match="no such queue"):
        desk.showing("ann", "nothing")
    with pytest.raises(RelabelError, match="no such queue"):
        desk.assign("nothing", None, "lead")


def test_what_is_open_when_a_queue_closes_is_taken_and_nothing_more_given(desk: Desk) -> None:
    queue = desk.make_queue(draft(), "lead")
    first, second = desk.showing("ann", queue)
    desk.close(queue, "lead")
    desk.vote("ann", first.token, left(first))
    assert desk.showing("ann", queue) == (second,)
    desk.vote("ann", second.token, left(second))
    with pytest.raises(RelabelError, match="closed"):
        desk.showing("ann", queue)
    assert len(desk.mine("ann")) == 2


def test_two_open_queues_do_not_share_a_name(desk: Desk) -> None:
    queue = desk.make_queue(draft(), "lead")
    with pytest.raises(RelabelError, match="open queue named"):
        desk.make_queue(draft(), "lead")
    desk.close(queue, "lead")
    assert desk.make_queue(draft(), "lead") != queue


def test_a_ruling_waits_for_the_reviewers_own_answer(desk: Desk) -> None:
    queue = desk.make_queue(draft(1), "lead")
    shown = desk.showing("rev", queue)[0]
    with pytest.raises(RelabelError, match="Answer it first"):
        desk.decide("rev", 1, Ruling(tie="tie"))
    desk.vote("rev", shown.token, left(shown))
    made = desk.decide("rev", 1, Ruling(tie="tie"))
    assert desk.state.decisions == {1: made}
    later = desk.decide("rev", 1, Ruling(winner_id=11, cause="label right", note="seen"))
    assert desk.state.decisions == {1: later}


@pytest.mark.parametrize(
    "wrong",
    [Ruling(), Ruling(winner_id=1, tie="tie"), Ruling(tie="none"), Ruling(tie="tie", cause="?")],
)
def test_what_is_no_ruling_is_refused(tmp_path: Path, wrong: Ruling) -> None:
    with office(f"sqlite:///{tmp_path}/votes.sqlite3") as at, pytest.raises(RelabelError):
        at.desk().decide("rev", 1, wrong)


def test_progress_counts(at: Office, desk: Desk) -> None:
    queue = desk.make_queue(draft(4, overlap=2), "lead")
    for seconds in (1.0, 2.0, 9.0):
        answer_next(desk, "ann", queue, seconds=seconds)
    at.clock.pass_(2 * 86_400)
    answer_next(desk, "bob", queue)
    mine, theirs = desk.progress("ann", queue), desk.progress("bob", queue)
    assert (mine.answered, mine.today, mine.wanted, mine.total) == (3, 0, 4, 8)
    assert (mine.median_seconds, theirs.median_seconds, theirs.today) == (2.0, None, 1)


@pytest.mark.parametrize("name", ["first", "First", " f i r s t ", "ＦＩＲＳＴ"])
def test_names_that_differ_in_capitals_and_spaces_are_one(tmp_path: Path, name: str) -> None:
    with office(f"sqlite:///{tmp_path}/votes.sqlite3") as at:
        desk = at.desk()
        first = desk.make_queue(draft(), "lead")
        with pytest.raises(RelabelError, match="open queue named 'first'"):
            desk.make_queue(draft(name=name), "lead")
        desk.close(first, "lead")
        desk.make_queue(draft(name=name), "lead")
        with pytest.raises(RelabelError, match="There is an open queue named"):
            desk.close(first, "lead", closed=False)
        assert desk.state.queues[first].closed


def test_a_closed_queue_is_changed_by_opening_it_alone(desk: Desk) -> None:
    queue = desk.make_queue(draft(), "lead")
    desk.close(queue, "lead")
    before = desk.refresh(0)
    desk.close(queue, "lead")  # it is closed: nothing is written
    for change in (
        lambda: desk.set_overlap(queue, 3, "lead"),
        lambda: desk.assign(queue, ("ann",), "lead"),
        lambda: desk.set_guideline(queue, "new", "lead"),
    ):
        with pytest.raises(RelabelError, match="is closed: nothing about it changes"):
            change()
    assert desk.refresh(0) == before
    desk.close(queue, "lead", closed=False)
    desk.set_overlap(queue, 3, "lead")
    assert desk.showing("ann", queue)


def test_the_usual_time_leaves_out_what_nobody_can_have_read(desk: Desk) -> None:
    long = tuple(item(pair, n_chars=3000) for pair in range(1, 11))
    queue = desk.make_queue(draft(items=long), "lead")
    for seconds in (1.0, 2.0, 100.0, 120.0, 140.0):
        answer_next(desk, "ann", queue, seconds=seconds)
    answer_next(desk, "bob", queue, seconds=0.5)
    assert desk.progress("ann", queue).median_seconds == 120.0
    assert desk.progress("bob", queue).median_seconds is None
