"""The desk on both databases: votes of another log, and what breaks in the middle."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import LogError, LogUnsure, RelabelError
from core.relabel import mending
from core.relabel.desk import Desk
from core.schema.relabel import Answer, CastVote
from tests.desks import (
    Office,
    answer_all,
    answer_next,
    break_commit,
    counted,
    draft,
    left,
    office,
    terminate,
)
from tests.postgres import Cluster

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


def test_a_server_that_goes_in_mid_vote(postgres: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mending, "AWAY_SECONDS", 0.0)
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
