"""What a person is shown next: practice, gold, repeats, sides, order; on both databases."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.relabel.desk import Desk
from core.relabel.serving import REPEAT_AFTER, lot
from core.schema.relabel import BlindItem, CastVote, QueueDraft
from tests.desks import (
    LEASE,
    Office,
    answer_all,
    answer_next,
    draft,
    fix_lots,
    item,
    left,
    office,
)

GOLD = tuple(item(100 + n, stratum="gold", gold_id=(100 + n) * 10 + 1) for n in range(8))
PRACTICE = tuple(item(200 + n, stratum="practice", gold_id=(200 + n) * 10 + 2) for n in range(3))


@pytest.fixture(autouse=True)
def same_lots(monkeypatch: pytest.MonkeyPatch) -> None:
    """In 8 of 1000 runs the lots left gold over when the queue was done."""
    fix_lots(monkeypatch)


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Office]:
    """One database is enough where only the draw is asked."""
    with office(f"sqlite:///{tmp_path}/votes.sqlite3") as made:
        yield made


def mixed(n: int, **over: object) -> QueueDraft:
    """Return a queue with gold and practice behind the real items."""
    made = draft(n, **over)
    return replace(made, items=(*made.items, *GOLD, *PRACTICE))


def purposes(votes: tuple[CastVote, ...]) -> Counter[str]:
    return Counter(vote.purpose for vote in votes)


def test_practice_comes_first_and_once_for_each(at: Office) -> None:
    desk = at.desk()
    queue = desk.make_queue(mixed(5, overlap=2), "lead")
    for person in ("ann", "bob"):
        seen = [answer_next(desk, person, queue).vote for _ in range(5)]
        assert [vote.purpose for vote in seen] == ["practice"] * 3 + ["real"] * 2
        assert [vote.pair_id for vote in seen[:3]] == [200, 201, 202]
    assert desk.progress("ann", queue).practice_left == 0
    assert desk.progress("ann", queue).answered == 2
    assert desk.progress("cat", queue).practice_left == 3


def test_what_was_practised_elsewhere_is_not_left_to_practise(at: Office) -> None:
    desk = at.desk()
    queue = desk.make_queue(mixed(5, overlap=2), "lead")
    for _ in range(3):
        answer_next(desk, "ann", queue)
    other = desk.make_queue(replace(mixed(5, overlap=2), name="other"), "lead")
    assert desk.progress("ann", other).practice_left == 0
    assert desk.progress("bob", other).practice_left == 3
    assert answer_next(desk, "ann", other).vote.purpose == "real"


def test_practice_and_gold_do_not_count_for_a_label(at: Office) -> None:
    desk = at.desk()
    queue = desk.make_queue(mixed(20, gold_share=0.5), "lead")
    answer_all(desk, "ann", queue)
    assert purposes(desk.mine("ann")) == {"practice": 3, "gold": 8, "real": 20}
    assert set(desk.state.by_pair) == set(range(1, 21))
    assert desk.progress("ann", queue).wanted == 0


def test_nothing_but_the_purpose_tells_gold_from_real(at: Office) -> None:
    desk = at.desk()
    queue = desk.make_queue(mixed(20, gold_share=0.5), "lead")
    by_purpose: dict[str, list[BlindItem]] = {"gold": [], "real": []}
    for _ in range(3):
        answer_next(desk, "ann", queue)
    while shown := desk.showing("ann", queue):
        by_purpose[shown[0].purpose].append(shown[0])
        desk.vote("ann", shown[0].token, left(shown[0]))
    for gold in by_purpose["gold"]:
        assert gold.source == by_purpose["real"][0].source
        assert len(gold.token.split("-")) == len(by_purpose["real"][0].token.split("-"))


@pytest.mark.parametrize("share", [0.0, 0.05, 0.2, 1.0])
def test_gold_comes_at_its_share_and_never_twice(quick: Office, share: float) -> None:
    desk = quick.desk()
    many = tuple(item(1000 + n, stratum="gold", gold_id=10_001 + n * 10) for n in range(120))
    made = draft(120, gold_share=share)
    queue = desk.make_queue(replace(made, items=made.items + many), "lead")
    answer_all(desk, "ann", queue, 120)
    mine = desk.mine("ann")
    gold = [vote.pair_id for vote in mine if vote.purpose == "gold"]
    assert len(gold) == len(set(gold))
    drawn = [lot(desk.state.queues[queue], "ann", n) < share for n in range(120)]
    assert len(gold) == sum(drawn)


def test_lots_differ_by_person_and_queue_and_follow_the_shares(quick: Office) -> None:
    desk = quick.desk()
    one = desk.state.queues
    first = desk.make_queue(draft(), "lead")
    second = desk.make_queue(draft(name="second"), "lead")
    lots = [
        [lot(one[queue], person, n) for n in range(4000)]
        for queue in (first, second)
        for person in ("ann", "bob", "half \ud83d")
    ]
    assert len({tuple(drawn) for drawn in lots}) == 6
    for drawn in lots:
        assert all(0 <= told < 1 for told in drawn)
        assert sum(told < 0.05 for told in drawn) == pytest.approx(200, abs=80)


def test_repeats_come_later_once_with_sides_swapped(at: Office) -> None:
    desk = at.desk()
    queue = desk.make_queue(draft(25, repeat_share=0.5), "lead")
    answer_all(desk, "ann", queue)
    mine = desk.mine("ann")[::-1]
    real = {vote.place: (n, vote) for n, vote in enumerate(mine) if vote.purpose == "real"}
    again = [(n, vote) for n, vote in enumerate(mine) if vote.purpose == "repeat"]
    assert len(real) == 25
    assert again
    assert len({vote.place for _, vote in again}) == len(again)
    for n, vote in again:
        before, first = real[vote.place]
        assert (vote.left_id, vote.right_id) == (first.right_id, first.left_id)
        # The next pair is drawn while the one before it is still open.
        assert n - before >= REPEAT_AFTER
    assert all(len(votes) == 1 for votes in desk.state.by_pair.values())


def test_sides_are_swapped_against_the_first_answer_whatever_came_since(quick: Office) -> None:
    desk = quick.desk()
    queue = desk.make_queue(draft(14, repeat_share=1.0), "lead")
    first = answer_next(desk, "ann", queue).vote
    foreign = replace(first, at=first.at + 9, token="", left_id=None, right_id=None)
    desk.add_votes([foreign], "lead")
    answer_all(desk, "ann", queue)
    again = next(vote for vote in desk.mine("ann") if vote.purpose == "repeat")
    real = {v.place: v for v in desk.mine("ann") if v.purpose == "real" and v.token}
    assert again.left_id == real[again.place].right_id


def test_a_repeat_that_is_taken_back_leaves_the_first_answer(at: Office) -> None:
    desk = at.desk()
    queue = desk.make_queue(draft(14, repeat_share=1.0), "lead")
    answer_all(desk, "ann", queue)
    again = next(vote for vote in desk.mine("ann") if vote.purpose == "repeat")
    before = dict(desk.state.by_pair)
    shown = desk.undo("ann", again.seq)
    assert shown.purpose == "repeat"
    assert desk.state.by_pair == before
    assert not desk.vote("ann", shown.token, left(shown)).vote.late
    assert desk.state.by_pair == before


def test_gold_taken_back_comes_again(at: Office) -> None:
    desk = at.desk()
    queue = desk.make_queue(replace(mixed(4, gold_share=1.0)), "lead")
    for _ in range(4):
        vote = answer_next(desk, "ann", queue).vote
    assert vote.purpose == "gold"
    again = desk.undo("ann", vote.seq)
    assert (again.pair_id, again.purpose) == (vote.pair_id, "gold")
    desk.vote("ann", again.token, left(again))
    answer_all(desk, "ann", queue)
    assert purposes(desk.mine("ann"))["gold"] == 8


def test_sides_are_even_and_independent_of_the_order_of_ids(quick: Office) -> None:
    desk = quick.desk(5)
    queue = desk.make_queue(draft(200), "lead")
    answer_all(desk, "ann", queue)
    firsts = sum(vote.left_id == vote.pair_id * 10 + 1 for vote in desk.mine("ann"))
    assert 70 <= firsts <= 130


def test_items_come_in_the_queues_order(at: Office) -> None:
    desk = at.desk()
    order = list(range(1, 16))
    random.Random(3).shuffle(order)
    queue = desk.make_queue(draft(items=tuple(item(pair) for pair in order)), "lead")
    seen = [receipt.vote.pair_id for receipt in answer_all(desk, "ann", queue)]
    assert seen == order


def test_what_comes_back_is_offered_before_what_was_never_shown(at: Office) -> None:
    desk = at.desk()
    queue = desk.make_queue(draft(6), "lead")
    desk.showing("ann", queue)
    for _ in range(2):
        answer_next(desk, "bob", queue)
    desk.release("ann")
    desk.release("bob")
    assert [shown.pair_id for shown in desk.showing("bob", queue)] == [1, 2]


def test_two_people_are_never_shown_more_than_is_wanted(at: Office) -> None:
    one, two = at.desk(), at.desk(1)
    queue = one.make_queue(draft(7, overlap=2), "lead")
    open_to: Counter[int] = Counter()
    for desk, person in ((one, "ann"), (two, "bob"), (one, "cat"), (two, "dan")):
        desk.refresh(0)
        open_to.update(shown.pair_id for shown in desk.showing(person, queue, 5))
    assert max(open_to.values()) == 2
    assert sum(open_to.values()) == 14


def test_hidden_pairs_are_those_open_until_answered(at: Office) -> None:
    desk: Desk = at.desk()
    queue = desk.make_queue(draft(3), "lead")
    first, second = desk.showing("ann", queue)
    both = {first.pair_id, second.pair_id}
    assert desk.state.open_pairs("ann") == both
    at.clock.pass_(LEASE * 3)
    assert desk.state.open_pairs("ann") == both
    assert desk.state.open_pairs("bob") == frozenset()
    desk.vote("ann", first.token, left(first))
    assert first.pair_id not in desk.state.open_pairs("ann")


@pytest.mark.parametrize("n", [0, 1, 2, 5, 99])
def test_so_many_are_shown(at: Office, n: int) -> None:
    desk = at.desk()
    queue = desk.make_queue(draft(6), "lead")
    assert len(desk.showing("ann", queue, n)) == min(n, 6)


def test_an_empty_queue_shows_nothing(at: Office) -> None:
    desk = at.desk()
    queue = desk.make_queue(draft(0), "lead")
    assert desk.showing("ann", queue) == ()
    assert desk.progress("ann", queue).wanted == 0
    assert at.log().check() == []
