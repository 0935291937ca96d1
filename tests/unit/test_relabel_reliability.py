"""What a lead sees of each person, how sure it is, and how fast people read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from core.relabel.ballots import ballots
from core.relabel.pace import DEFAULT, ENOUGH, pace
from core.relabel.reliability import (
    PersonReport,
    effective_votes,
    people_reports,
    reliabilities,
)
from core.schema.relabel import Answer, CastVote, Purpose, QueueItem
from core.signals.dawid_skene import dawid_skene
from core.signals.wilson import wilson

A, B = 11, 22
CHARS = 600
ITEMS = {("q", place): QueueItem(place, A, B, "s", n_chars=CHARS) for place in range(400)}
GOLD = {
    ("q", 0): QueueItem(0, A, B, "s", stratum="gold", gold_id=A),
    ("q", 1): QueueItem(1, A, B, "s", stratum="gold", gold_tie="tie"),
}


def cast(
    seq: int,
    answer: Answer,
    person: str = "Ada",
    pair: int | None = None,
    purpose: Purpose = "real",
    left: int | None = A,
    late: bool = False,
) -> CastVote:
    place = seq if pair is None else pair
    right = None if left is None else A + B - left
    return CastVote(
        seq, seq, person, "q", place, place, left, right, purpose, f"t{seq}", answer, late=late
    )


def chose(winner: int | None, seconds: float | None = None, tie: str | None = None) -> Answer:
    return Answer(winner_id=winner, tie=tie, seconds=seconds)


def alone(votes: Sequence[CastVote], items=ITEMS) -> PersonReport:
    (found,) = people_reports(votes, items)
    return found


def flags(found: PersonReport) -> str:
    return " ".join(found.flags)


# --- shares ----------------------------------------------------------------------------------


def test_nobody_and_nothing() -> None:
    assert people_reports([], {}) == ()
    found = alone([cast(1, chose(None, tie="cannot_judge"), left=None)], {})
    assert (found.votes, found.median_seconds, found.flags) == (1, None, ())
    assert found.cannot_judge.share == 1
    for share in (found.left, found.consistent, found.gold, found.fast):
        assert (share.n, share.share, share.low, share.high) == (0, None, None, None)
    assert found.reliability.why == "Not defined because no vote names a winner."


def test_practice_is_left_out() -> None:
    votes = [cast(1, chose(A, 9)), cast(2, chose(A, 1), purpose="practice")]
    assert (alone(votes).votes, alone(votes).median_seconds) == (1, 9)
    assert people_reports(votes[1:], ITEMS) == ()


@pytest.mark.parametrize(("lefts", "side"), [(30, None), (45, "left"), (15, "right")])
def test_position_bias(lefts: int, side: str | None) -> None:
    votes = [cast(i, chose(A), left=A if i < lefts else B) for i in range(60)]
    votes += [cast(60, chose(None, tie="tie")), cast(61, chose(A), left=None)]
    found = alone(votes)
    assert (found.left.k, found.left.n) == (lefts, 60)
    assert (found.left.low, found.left.high) == wilson(lefts / 60, 60)
    assert (side is None) == (found.flags == ())
    assert side is None or f"Prefers the {side} side: left won {lefts} of 60" in flags(found)


def test_an_answer_is_the_same_on_either_side() -> None:
    votes = [
        cast(0, chose(A)),
        cast(1, chose(A)),
        cast(2, chose(None, tie="tie")),
        cast(3, chose(A)),
        cast(10, chose(A), pair=0, purpose="repeat", left=B),  # the same response, now on the right
        cast(11, chose(B), pair=1, purpose="repeat", left=B),  # the same side, the other response
        cast(12, chose(None, tie="tie"), pair=2, purpose="repeat"),
        cast(13, chose(None, tie="both_bad"), pair=3, purpose="repeat"),
        cast(14, chose(A), pair=99, purpose="repeat"),  # its first answer was undone
    ]
    assert (alone(votes).consistent.k, alone(votes).consistent.n) == (2, 4)
    assert alone(votes[::-1]) == alone(votes)


def test_the_first_answer_is_what_a_repeat_is_held_against() -> None:
    votes = [
        cast(0, chose(A)),
        cast(5, chose(B), pair=0),
        cast(9, chose(A), pair=0, purpose="repeat", left=B),
    ]
    assert (alone(votes).consistent.k, alone(votes).consistent.n) == (1, 1)


def test_who_answers_repeats_by_chance_is_flagged() -> None:
    votes = [cast(i, chose(A)) for i in range(20)]
    votes += [
        cast(20 + i, chose(A if i % 2 else B), pair=i, purpose="repeat", left=B) for i in range(20)
    ]
    assert "shown again hardly as before: 10 of 20" in flags(alone(votes))


def test_gold_is_hit_by_the_known_answer() -> None:
    votes = [
        cast(1, chose(A), pair=0, purpose="gold"),
        cast(2, chose(B), pair=0, purpose="gold"),
        cast(3, chose(None, tie="cannot_judge"), pair=0, purpose="gold"),
        cast(4, chose(None, tie="tie"), pair=1, purpose="gold"),
        cast(5, chose(A), pair=1, purpose="gold"),
        cast(6, chose(A), pair=2, purpose="gold"),  # an item that the queue does not know
    ]
    found = alone(votes, GOLD)
    assert (found.gold.k, found.gold.n) == (2, 4)
    assert (found.gold.low, found.gold.high) == wilson(0.5, 4)
    assert found.flags == ()
    missed = [cast(i, chose(B), pair=0, purpose="gold", left=A if i % 2 else B) for i in range(12)]
    assert "Hardly better than chance on gold items: 0 of 12" in flags(alone(missed, GOLD))


def test_too_fast_to_have_read() -> None:
    # 600 characters at 60 a second are 10 seconds.
    sides = [A, B] * 10
    votes = [cast(i, chose(A, 9.9 if i < 8 else 10.0), left=sides[i]) for i in range(20)]
    votes += [
        cast(20, chose(A), left=B),  # untimed
        cast(400, chose(A, 0.1)),  # of an unknown item
        cast(22, chose(A, 0.1), pair=0, purpose="repeat"),  # read before
    ]
    found = alone(votes)
    assert (found.fast.k, found.fast.n) == (8, 20)
    assert "Too fast to have read what was shown: 8 of 20 (40%, 95% interval" in flags(found)
    assert found.median_seconds == 10.0
    assert not alone(votes[7:]).flags


# --- reliability -----------------------------------------------------------------------------


def crowd(skills: Sequence[float], pairs: int, per: int, seed: int) -> list[CastVote]:
    draw = np.random.default_rng(seed)
    truth = draw.random(pairs) < 0.5
    asked = np.argsort(draw.random((pairs, len(skills))), axis=1)[:, :per]
    right = draw.random((pairs, per)) < np.array(skills)[asked]
    first = np.where(right, truth[:, None], ~truth[:, None])
    return [
        cast(pair * per + at, chose(A if first[pair, at] else B), f"p{asked[pair, at]}", pair)
        for pair in range(pairs)
        for at in range(per)
    ]


def test_reliability_is_found_with_its_interval() -> None:
    skills = (0.9, 0.8, 0.7, 0.6, 0.85)
    found = people_reports(crowd(skills, 2000, 3, 0), ITEMS)
    assert [one.person for one in found] == ["p0", "p1", "p2", "p3", "p4"]
    for one, skill in zip(found, skills, strict=True):
        told = one.reliability
        assert told.value == pytest.approx(skill, abs=0.06)
        assert told.low is not None
        assert told.high is not None
        assert told.low < told.value < told.high
        assert told.high - told.low < 0.15
        assert (told.why, told.n) == ("", one.votes)


def test_the_interval_covers_the_true_reliability() -> None:
    skills, covered = np.array([0.9, 0.8, 0.7, 0.6, 0.85]), []
    for seed in range(60):
        draw = np.random.default_rng(seed)
        truth = draw.random(400) < 0.5
        person = np.argsort(draw.random((400, 5)), axis=1)[:, :3].ravel()
        unit = np.repeat(np.arange(400), 3)
        vote = np.where(draw.random(1200) < skills[person], truth[unit], ~truth[unit])
        found = dawid_skene(unit, person, vote, 400, 5)
        told = effective_votes(unit, person, vote, found)
        for eta, n, skill in zip(found.reliability, told, skills, strict=True):
            low, high = wilson(float(eta), float(n))
            covered.append(low <= skill <= high)
    assert np.mean(covered) >= 0.9


def test_votes_on_known_answers_would_all_count() -> None:
    # Nine people who are nearly always right leave no doubt about the answers.
    unit, person = np.repeat(np.arange(500), 9), np.tile(np.arange(9), 500)
    draw = np.random.default_rng(0)
    vote = (unit % 2 == 0) ^ (draw.random(4500) < 0.1)
    told = effective_votes(unit, person, vote, dawid_skene(unit, person, vote, 500, 9))
    assert told == pytest.approx(np.full(9, 500), rel=0.03)
    assert (told <= 500).all()


def test_people_who_never_met_have_a_sentence() -> None:
    votes = [cast(i, chose(A), f"p{i % 3}") for i in range(30)]
    for one in people_reports(votes, ITEMS):
        assert one.reliability.value is None
        assert one.reliability.why == ("Not defined because nobody else judged a pair of theirs.")


def test_two_people_alone_cannot_tell_who_is_right() -> None:
    pair_of_people = [
        cast(2 * i + at, chose(A if i % (5 + at) else B), f"p{at}", i)
        for i in range(100)
        for at in range(2)
    ]
    trio = [
        cast(1000 + 3 * i + at, chose(A if (i + at) % 9 else B), f"x{at}", 200 + i)
        for i in range(100)
        for at in range(3)
    ]
    found = {one.person: one.reliability for one in people_reports(pair_of_people + trio, ITEMS)}
    for name in ("p0", "p1"):
        assert found[name].value is None
        assert "too few people met on the same pairs" in found[name].why
    assert found["x0"].value is not None


def test_late_and_earlier_votes_do_not_count_for_reliability() -> None:
    votes = crowd((0.9, 0.9, 0.9), 60, 3, 0)
    wrong = [
        cast(1000 + v.seq, chose(A + B - (v.answer.winner_id or 0)), v.annotator, v.pair_id)
        for v in votes
    ]
    late = [cast(v.seq, v.answer, v.annotator, v.pair_id, late=True) for v in wrong]
    earlier = [cast(v.seq - 1000, v.answer, v.annotator, v.pair_id) for v in wrong]
    after = [cast(2000 + v.seq, v.answer, v.annotator, v.pair_id) for v in votes]
    told = [one.reliability for one in people_reports(votes, ITEMS)]
    assert [one.reliability for one in people_reports(votes + late, ITEMS)] == told
    assert [one.reliability for one in people_reports(earlier + after, ITEMS)] == told


def test_exchanging_the_answers_changes_no_reliability() -> None:
    votes = crowd((0.9, 0.7, 0.8), 200, 3, 0)
    swapped = [
        cast(v.seq, chose(A + B - (v.answer.winner_id or 0)), v.annotator, v.pair_id, left=B)
        for v in votes
    ]
    for one, other in zip(
        people_reports(votes, ITEMS), people_reports(swapped, ITEMS), strict=True
    ):
        assert one.left == other.left
        assert one.reliability.value == pytest.approx(other.reliability.value, abs=1e-6)


def test_no_ballots_no_reliabilities() -> None:
    assert reliabilities(ballots({})) == {}


# --- pace ------------------------------------------------------------------------------------


def test_the_default_pace_stands_until_enough_was_measured() -> None:
    votes = [cast(i, chose(A, 20.0)) for i in range(ENOUGH)]
    before, after = pace(votes[1:], ITEMS), pace(votes, ITEMS)
    assert (before.overall, before.people, before.measured) == (DEFAULT, {}, False)
    assert (after.overall, after.people, after.measured) == (30.0, {"Ada": 30.0}, True)
    assert before.minutes(1500) == 1.0
    assert after.minutes(1800, "Ada") == 1.0
    assert after.minutes(0) is None


def test_everyone_has_a_pace_of_their_own_once_it_is_known() -> None:
    votes = [cast(i, chose(A, 10.0)) for i in range(25)]
    votes += [cast(100 + i, chose(A, 60.0), "Bo") for i in range(21)]
    votes += [cast(200 + i, chose(A, 60.0), "Cy") for i in range(3)]
    found = pace(votes, ITEMS)
    assert found.people == {"Ada": 60.0, "Bo": 10.0}
    assert (found.of("Bo"), found.of("Cy"), found.of()) == (10.0, 60.0, 60.0)
    assert found.votes == 49


def test_breaks_untimed_votes_and_checks_do_not_slow_the_pace() -> None:
    votes = [cast(i, chose(A, 20.0)) for i in range(30)]
    votes += [cast(30 + i, chose(A, 9000.0)) for i in range(10)]
    votes += [
        cast(50, chose(A)),
        cast(51, chose(A, 0.0)),
        cast(999, chose(A, 1.0)),
        cast(52, chose(A, 1.0), purpose="practice"),
        cast(53, chose(A, 1.0), pair=3, purpose="repeat"),
    ]
    assert (pace(votes, ITEMS).overall, pace(votes, ITEMS).votes) == (30.0, 40)


def test_answers_too_fast_to_have_been_read_are_no_pace() -> None:
    votes = [cast(i, chose(A, 20.0)) for i in range(ENOUGH)]
    votes += [cast(100 + i, chose(A, 0.5)) for i in range(60)]
    found = pace(votes, ITEMS)
    assert (found.overall, found.people, found.votes) == (30.0, {"Ada": 30.0}, ENOUGH)
