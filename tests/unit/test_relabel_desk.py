"""The desk on both databases: answers, undo, leases, overlap, rulings, and what breaks between."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import LogError, LogUnsure, RelabelError
from core.relabel.desk import Desk
from core.schema.relabel import Answer, CastVote, Ruling
from tests.desks import LEASE, Office, answer_all, answer_next, draft, item, left, office, terminate
from tests.postgres import Cluster
from tests.unit.test_relabel_log import ODD, break_commit


@pytest.fixture
def at(log_url: str, tmp_path: Path) -> Iterator[Office]:
    with office(log_url, tmp_path / "votes.head") as made:
        yield made


@pytest.fixture
def desk(at: Office) -> Desk:
    return at.desk()


def counted(desk: Desk, pair: int) -> dict[str, int | None]:
    """Return who counts on a pair and what they said."""
    desk.refresh(0)
    return {name: vote.answer.winner_id for name, vote in desk.state.answers(pair).items()}


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


# --- votes of another log ----------------------------------------------------------------------


def exported(desk: Desk) -> list[CastVote]:
    """Return the votes as another log would send them."""
    return [replace(vote, origin="other.jsonl") for vote in desk.state.votes.values()]


def test_votes_go_from_log_to_log_once(at: Office, desk: Desk, tmp_path: Path) -> None:
    queue = desk.make_queue(draft(), "lead")
    answer_all(desk, "ann", queue)
    undone = desk.mine("ann")[0]
    before = exported(desk)
    desk.undo("ann", undone.seq)
    with office(f"sqlite:///{tmp_path}/other.sqlite3") as there:
        other = there.desk(7)
        assert other.add_votes(before, "lead") == 6
        assert other.add_votes(before, "lead") == 0
        assert other.add_votes(before + before, "lead") == 0
        back = exported(other)
        assert there.log().check() == []
        assert set(counted(other, 1)) == {"ann"}
        with pytest.raises(RelabelError, match="from a file"):
            other.undo("ann", other.mine("ann")[0].seq)
    assert desk.add_votes(exported(desk), "lead") == 0
    assert desk.add_votes(before, "lead") == 0  # one of them was taken back here
    assert desk.add_votes([vote for vote in back if vote.pair_id != undone.pair_id], "lead") == 0
    assert len(desk.mine("ann")) == 5


def test_the_last_answer_of_a_person_counts_and_undo_brings_the_one_before(desk: Desk) -> None:
    queue = desk.make_queue(draft(1), "lead")
    vote = answer_next(desk, "ann", queue).vote
    foreign = replace(vote, seq=0, at=vote.at + 5, token="", answer=Answer(tie="tie"))
    assert desk.add_votes([foreign], "lead") == 1
    assert desk.state.answers(1)["ann"].answer.tie == "tie"
    desk.undo("ann", vote.seq)
    assert desk.state.answers(1)["ann"].answer.tie == "tie"


# --- what breaks in the middle -----------------------------------------------------------------


@pytest.mark.parametrize("arrives", [True, False])
def test_an_unsure_vote_sent_again_is_there_once(at: Office, desk: Desk, arrives: bool) -> None:
    queue = desk.make_queue(draft(), "lead")
    shown = desk.showing("ann", queue)[0]
    break_commit(desk.log, arrives)
    with pytest.raises(LogUnsure):
        desk.vote("ann", shown.token, left(shown))
    assert not desk.state.votes
    again = desk.vote("ann", shown.token, left(shown))
    assert again.repeated == arrives
    assert list(desk.state.votes) == [again.vote.seq]
    assert sum(event.kind == "vote" for event in at.log().after(0)) == 1
    assert at.log().check() == []
    assert at.desk().showing("ann", queue) == desk.showing("ann", queue)


def test_a_vote_that_fails_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with office(f"sqlite:///{tmp_path}/votes.sqlite3") as at:
        desk = at.desk()
        queue = desk.make_queue(draft(), "lead")
        shown = desk.showing("ann", queue)
        at.sql("CREATE TRIGGER full BEFORE UPDATE ON head BEGIN SELECT RAISE(ABORT, 'no'); END")
        with pytest.raises(LogError, match="Nothing was saved"):
            desk.vote("ann", shown[0].token, left(shown[0]))
        assert desk.showing("ann", queue) == shown
        at.sql("DROP TRIGGER full")
        assert not desk.vote("ann", shown[0].token, left(shown[0])).repeated
        assert at.log().check() == []


def test_a_server_that_goes_in_mid_vote(postgres: Cluster) -> None:
    with office(postgres.url()) as at:
        desk = at.desk()
        queue = desk.make_queue(draft(), "lead")
        shown = desk.showing("ann", queue)[0]
        try:
            postgres.stop()
            with pytest.raises(LogError):
                desk.vote("ann", shown.token, left(shown))
            with pytest.raises(LogError):
                desk.refresh(0)
        finally:
            postgres.start()
        assert not desk.vote("ann", shown.token, left(shown)).repeated
        assert desk.vote("ann", shown.token, left(shown)).repeated
        terminate(at.url)
        assert len(desk.showing("ann", queue)) == 2
        assert sum(event.kind == "vote" for event in at.log().after(0)) == 1
        assert at.log().check() == []


def test_a_desk_that_never_wrote_knows_what_others_wrote(at: Office, desk: Desk) -> None:
    queue = desk.make_queue(draft(), "lead")
    answer_all(desk, "ann", queue, 3)
    late = at.desk(9)
    assert late.state.seq == 0
    late.set_overlap(queue, 2, "lead")
    assert late.state.votes == desk.state.votes
    assert late.refresh(1e9).seq == late.state.seq
    assert desk.refresh(1e9).seq == late.state.seq - 1
    assert desk.refresh(0).seq == late.state.seq
