"""The desk on both databases: leases that run out, clocks that differ, and undo."""

from __future__ import annotations

import pytest

from core.errors import RelabelError
from core.relabel.desk import Desk
from core.schema.relabel import Answer, Ruling
from tests.desks import (
    LEASE,
    Office,
    answer_all,
    answer_next,
    counted,
    draft,
    left,
)

# --- leases ------------------------------------------------------------------------------------


def test_a_lease_that_ran_out_goes_to_another(at: Office, desk: Desk) -> None:
    queue = desk.make_queue(draft(2), "lead")
    mine = desk.showing("ann", queue)
    assert desk.showing("bob", queue) == ()
    at.clock.pass_(LEASE)
    theirs = desk.showing("bob", queue)
    assert {shown.pair_id for shown in theirs} == {shown.pair_id for shown in mine}
    assert desk.state.open_pairs("ann") == desk.state.open_pairs("bob") == {1, 2}
    assert desk.showing("ann", queue) == ()
    assert desk.state.open_pairs("ann") == set()


def test_a_lease_that_ran_out_is_renewed_where_nobody_took_it(at: Office, desk: Desk) -> None:
    queue = desk.make_queue(draft(2), "lead")
    before = desk.showing("ann", queue)
    at.clock.pass_(LEASE + 1)
    after = desk.showing("ann", queue)
    assert [shown.token for shown in after] == [shown.token for shown in before]
    assert [shown.left_id for shown in after] == [shown.left_id for shown in before]
    assert {shown.expires for shown in after} == {at.clock.at + LEASE * 1_000_000}
    assert desk.showing("bob", queue) == ()


def test_an_answer_after_the_end_counts_where_nobody_else_was_asked(at: Office, desk: Desk) -> None:
    queue = desk.make_queue(draft(1), "lead")
    shown = desk.showing("ann", queue)[0]
    at.clock.pass_(LEASE * 5)
    assert not desk.vote("ann", shown.token, left(shown)).vote.late
    assert counted(desk, 1) == {"ann": shown.left_id}


@pytest.mark.parametrize("answered", [True, False])
def test_a_late_answer_is_kept_beside(at: Office, desk: Desk, answered: bool) -> None:
    queue = desk.make_queue(draft(1), "lead")
    shown = desk.showing("ann", queue)[0]
    at.clock.pass_(LEASE)
    theirs = at.desk(1).showing("bob", queue)[0]
    if answered:
        at.desk(2).vote("bob", theirs.token, left(theirs))
    receipt = desk.vote("ann", shown.token, left(shown))
    assert receipt.vote.late
    assert desk.state.votes[receipt.vote.seq] == receipt.vote == desk.mine("ann")[0]
    assert counted(desk, 1) == ({"bob": theirs.left_id} if answered else {})
    if not answered:
        desk.vote("bob", theirs.token, left(theirs))
    assert list(counted(desk, 1)) == ["bob"]
    assert desk.showing("ann", queue) == ()


def test_a_late_answer_taken_back_does_not_count_after_all(at: Office, desk: Desk) -> None:
    queue = desk.make_queue(draft(1), "lead")
    shown = desk.showing("ann", queue)[0]
    at.clock.pass_(LEASE)
    answer_next(desk, "bob", queue)
    late = desk.vote("ann", shown.token, left(shown)).vote
    with pytest.raises(RelabelError, match="too late"):
        desk.undo("ann", late.seq)
    desk.set_overlap(queue, 2, "lead")
    again = desk.undo("ann", late.seq)
    assert not desk.vote("ann", again.token, left(again)).vote.late
    assert set(counted(desk, 1)) == {"ann", "bob"}


def test_what_is_given_back_goes_to_others_and_its_showing_is_over(desk: Desk) -> None:
    queue = desk.make_queue(draft(2), "lead")
    shown = desk.showing("ann", queue)
    assert desk.release("ann") == 2
    assert desk.release("ann") == 0
    with pytest.raises(RelabelError, match="no longer open"):
        desk.vote("ann", shown[0].token, left(shown[0]))
    assert len(desk.showing("bob", queue)) == 2
    assert desk.state.open_pairs("ann") == frozenset()


def test_a_skipped_pair_goes_to_others_and_not_back(desk: Desk) -> None:
    queue = desk.make_queue(draft(2), "lead")
    first, second = desk.showing("ann", queue)
    desk.skip("ann", first.token)
    desk.skip("ann", first.token)
    with pytest.raises(RelabelError, match="skipped"):
        desk.vote("ann", first.token, left(first))
    assert desk.showing("ann", queue) == (second,)
    assert [shown.pair_id for shown in desk.showing("bob", queue)] == [first.pair_id]
    with pytest.raises(RelabelError):
        desk.skip("bob", second.token)


def test_a_clock_that_jumps(at: Office, desk: Desk) -> None:
    queue = desk.make_queue(draft(4, overlap=2), "lead")
    shown = desk.showing("ann", queue)
    at.clock.pass_(-3600)  # back: the order of events stays, and what is open stays open
    assert [(x.token, x.left_id) for x in desk.showing("ann", queue)] == [
        (x.token, x.left_id) for x in shown
    ]
    desk.vote("ann", shown[0].token, left(shown[0]))
    at.clock.pass_(400 * 86_400)  # far ahead for a moment
    strange = answer_next(desk, "bob", queue)
    open_to_bob = desk.state.open_pairs("bob")
    at.clock.pass_(-400 * 86_400)
    assert not strange.vote.late
    assert {shown.expires for shown in desk.showing("ann", queue)} <= {
        at.clock.at + LEASE * 1_000_000, shown[1].expires,
    }  # fmt: skip
    times = [event.at for event in at.log().after(0)]
    assert times == sorted(times)
    # What was given out in the strange hour does not hold a pair for a year.
    desk.set_overlap(queue, 1, "lead")
    desk.release("ann")
    assert open_to_bob & {shown.pair_id for shown in desk.showing("cat", queue, 4)}
    assert at.log().check() == []


def test_clocks_that_differ_give_no_answer_too_many(at: Office, desk: Desk) -> None:
    queue = desk.make_queue(draft(1), "lead")
    mine = desk.showing("ann", queue)[0]
    at.clock.pass_(LEASE + 100)
    theirs = desk.showing("bob", queue)[0]
    at.clock.pass_(-300)  # to this clock both leases run
    votes = [
        desk.vote(who, shown.token, left(shown)).vote
        for who, shown in (("ann", mine), ("bob", theirs))
    ]
    assert [vote.late for vote in votes] == [False, True]
    assert list(counted(desk, 1)) == ["ann"]


# --- undo --------------------------------------------------------------------------------------


def test_undo_brings_the_pair_back_first_and_on_the_same_sides(at: Office, desk: Desk) -> None:
    queue = desk.make_queue(draft(), "lead")
    shown = desk.showing("ann", queue)[0]
    vote = desk.vote("ann", shown.token, left(shown)).vote
    again = desk.undo("ann", vote.seq)
    assert (again.pair_id, again.left_id, again.right_id) == (
        shown.pair_id, shown.left_id, shown.right_id,
    )  # fmt: skip
    assert again.token != shown.token
    assert desk.showing("ann", queue)[0] == again == at.desk(1).showing("ann", queue)[0]
    assert counted(desk, shown.pair_id) == {}
    with pytest.raises(RelabelError, match="taken back"):
        desk.vote("ann", shown.token, left(shown))
    desk.vote("ann", again.token, Answer(winner_id=again.right_id))
    assert counted(desk, shown.pair_id) == {"ann": again.right_id}
    assert [vote.token for vote in desk.mine("ann")] == [again.token]


def test_a_chain_of_undos(at: Office, desk: Desk) -> None:
    queue = desk.make_queue(draft(5), "lead")
    votes = [receipt.vote for receipt in answer_all(desk, "ann", queue)]
    for vote in reversed(votes):
        desk.undo("ann", vote.seq)
    assert desk.mine("ann") == ()
    assert len(desk.showing("ann", queue, 9)) == 5
    assert desk.showing("bob", queue) == ()
    for _ in range(3):
        again = answer_next(desk, "ann", queue).vote
        desk.undo("ann", again.seq)
    answer_all(desk, "ann", queue)
    assert sorted(vote.pair_id for vote in desk.mine("ann")) == [1, 2, 3, 4, 5]
    assert at.log().check() == []


def test_undo_of_what_is_not_there(desk: Desk) -> None:
    queue = desk.make_queue(draft(), "lead")
    vote = answer_next(desk, "ann", queue).vote
    for person, seq in (("bob", vote.seq), ("ann", 1), ("ann", 999), ("ann", -1)):
        with pytest.raises(RelabelError, match="not stand any more, or is not yours"):
            desk.undo(person, seq)
    desk.undo("ann", vote.seq)
    with pytest.raises(RelabelError, match="not stand any more"):
        desk.undo("ann", vote.seq)


def test_undo_after_a_ruling_only_when_it_is_withdrawn(desk: Desk) -> None:
    queue = desk.make_queue(draft(1), "lead")
    vote = answer_next(desk, "ann", queue).vote
    desk.decide("rev", 1, Ruling(winner_id=11, cause="annotator slip"))
    with pytest.raises(RelabelError, match="settled"):
        desk.undo("ann", vote.seq)
    desk.withdraw("rev", 1)
    assert desk.state.decisions == {}
    desk.undo("ann", vote.seq)


def test_undo_after_the_queue_was_closed(desk: Desk) -> None:
    queue = desk.make_queue(draft(), "lead")
    vote = answer_next(desk, "ann", queue).vote
    desk.close(queue, "lead")
    with pytest.raises(RelabelError, match="closed"):
        desk.undo("ann", vote.seq)
    desk.close(queue, "lead", closed=False)
    desk.undo("ann", vote.seq)


def test_undo_while_the_same_pair_is_open_again(desk: Desk) -> None:
    queue = desk.make_queue(draft(14, repeat_share=1.0), "lead")
    answered = [answer_next(desk, "ann", queue).vote for _ in range(12)]
    repeat = next(shown for shown in desk.showing("ann", queue) if shown.purpose == "repeat")
    vote = next(vote for vote in answered if vote.pair_id == repeat.pair_id)
    again = desk.undo("ann", vote.seq)
    leases = desk.state.open_to["ann"].values()
    assert [lease.token for lease in leases if lease.pair_id == vote.pair_id] == [again.token]
