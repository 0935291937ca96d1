"""The audit of a queue: its items, what people said of them, and what that says of all pairs."""

from __future__ import annotations

import pytest

from core.relabel.auditing import audit
from core.relabel.ballots import ballots
from core.relabel.queues import Queue
from core.relabel.verdicts import verdicts
from core.schema.relabel import CastVote, Population, QueueItem
from tests.unit.test_relabel_verdicts import A, B, cast, ruling, votes


def item(pair: int, stratum: str, probability: float | None, label: int | None = A) -> QueueItem:
    return QueueItem(pair, A, B, "s", label, stratum, probability)


def a_queue(*items: QueueItem, pairs: int = 1000, ranked: int = 2) -> Queue:
    return Queue(
        id="q",
        name="q",
        kind="suspects",
        items=items,
        overlap=1,
        people=None,
        made_by="Ada",
        at=0,
        sentence="all pairs",
        fingerprint="",
        gold_share=0.0,
        repeat_share=0.0,
        lease_seconds=60,
        warning="",
        warn=(),
        population={"s": Population(pairs, ranked)},
        params={},
        salt="",
    )


SUSPECTS = (item(0, "suspects", 1.0), item(1, "suspects", 1.0))
AUDITS = tuple(item(pair, "audit", 0.004) for pair in (2, 3, 4, 5))
GOLD = item(6, "gold", None)


def test_the_audit_joins_items_with_verdicts() -> None:
    cast_votes = votes("B", "B", "A", "B", "A", "A", "B")
    found = audit(
        a_queue(*SUSPECTS, *AUDITS, GOLD), verdicts("majority", ballots(cast_votes)), cast_votes
    )
    assert found.found.rate is not None
    assert found.found.rate.rate == pytest.approx((2 + 998 / 4) / 1000)
    assert found.found.naive == 0.5
    assert found.found.sources["s"].rate == found.found.rate
    assert (found.waiting, found.without_winner, found.note) == (0, 0, "")
    assert found.more is not None
    assert not found.stop.reached


@pytest.mark.parametrize(
    ("letters", "label", "wrong"),
    [
        ("A", A, 0.0),
        ("B", A, 1.0),
        ("T", A, 0.0),
        ("AAABB", A, 0.4),
        ("AAABB", B, 0.6),
        ("TX", A, 0.0),
        ("AT", A, 0.0),
        ("AT", B, 0.5),
        ("B", None, 0.5),
        ("X", None, 0.0),
    ],
)
def test_what_a_verdict_says_of_a_label(letters: str, label: int | None, wrong: float) -> None:
    cast_votes = votes(letters)
    queue = a_queue(item(0, "audit", 0.01, label), pairs=100, ranked=0)
    found = audit(queue, verdicts("majority", ballots(cast_votes)), cast_votes)
    assert found.found.naive == pytest.approx(wrong)
    assert found.without_winner == (letters in ("T", "X"))


def test_who_cannot_judge_says_nothing_of_the_label() -> None:
    """Counted as right, such pairs read 8.4 % where 10.6 % was true."""
    queue = a_queue(*AUDITS, pairs=1000, ranked=0)
    cast_votes = {2 + at: {"p0": cast("p0", 2 + at, said)} for at, said in enumerate("B?A?")}
    found = audit(queue, verdicts("majority", ballots(cast_votes)), cast_votes)
    assert (found.found.judged, found.found.naive) == (2, 0.5)
    assert (found.waiting, found.passed, found.without_winner) == (2, 4, 0)
    (ruled,) = verdicts("majority", ballots({}), {2: ruling(2, tie="cannot_judge")})
    assert audit(queue, [ruled], {}).found.judged == 0


def judged_but(missing: int, of: int = 40) -> tuple[Queue, dict[int, dict[str, CastVote]]]:
    """Return a queue of drawn pairs that one person passed; the first ones have no verdict."""
    queue = a_queue(*(item(pair, "audit", 0.04) for pair in range(of)), pairs=1000, ranked=0)
    letters = [" "] * missing + ["A" if pair % 4 else "B" for pair in range(missing, of)]
    return queue, votes(*letters)


def test_bounds_are_told_once_many_pairs_lack_a_verdict() -> None:
    queue, cast_votes = judged_but(10)
    found = audit(queue, verdicts("majority", ballots(cast_votes)), cast_votes)
    assert (found.waiting, found.passed) == (10, 40)
    assert found.bounds == (pytest.approx(7 / 40), pytest.approx(17 / 40))
    assert found.found.rate is not None
    assert found.found.rate.rate == pytest.approx(7 / 30)
    assert found.note.startswith("Of 40 drawn pairs that the work has passed 10 lack a verdict")
    assert "17.5\u00a0%" in found.note
    assert "42.5\u00a0%" in found.note


def test_a_few_pairs_without_a_verdict_need_no_bounds() -> None:
    queue, cast_votes = judged_but(4)
    found = audit(queue, verdicts("majority", ballots(cast_votes)), cast_votes)
    assert (found.waiting, found.bounds) == (4, None)
    assert found.note.startswith("4 drawn pairs have no verdict although later ones have")
    # What nobody came to yet is not missing.
    assert audit(queue, (), {}).bounds is None


def test_a_ruling_without_votes_is_a_verdict_on_the_label() -> None:
    queue = a_queue(item(0, "audit", 0.01), pairs=100, ranked=0)
    for decision, wrong in [(ruling(winner=B), 1.0), (ruling(tie="contested"), 0.5)]:
        found = audit(queue, verdicts("reviewer", ballots({}), {0: decision}), {})
        assert found.found.naive == wrong


def test_what_was_judged_elsewhere_counts_once_its_turn_has_come() -> None:
    queue = a_queue(*AUDITS, pairs=1000, ranked=0)
    cast_votes = {
        2: {"p0": cast("p0", 2, "B", queue="other")},
        3: {"p0": cast("p0", 3, "A", place=1)},
        5: {"p0": cast("p0", 5, "B", queue="other")},
    }
    found = audit(queue, verdicts("majority", ballots(cast_votes)), cast_votes)
    assert (found.found.judged, found.found.naive) == (2, 0.5)
    cast_votes[4] = {"p0": cast("p0", 4, "B", queue="other")}
    found = audit(queue, verdicts("majority", ballots(cast_votes)), cast_votes)
    assert (found.found.judged, found.found.naive) == (4, 0.75)


def test_what_is_not_settled_yet_is_not_judged() -> None:
    cast_votes = votes("B", "B", "A", "B")
    found = audit(
        a_queue(*SUSPECTS, *AUDITS),
        verdicts("majority", ballots(cast_votes), given={"min_votes": 2}),
        cast_votes,
    )
    assert (found.found.judged, found.found.rate) == (0, None)


def test_drawn_pairs_that_stay_behind_are_told() -> None:
    cast_votes = votes("", "", "A", "", "A")
    found = audit(
        a_queue(*SUSPECTS, *AUDITS), verdicts("majority", ballots(cast_votes)), cast_votes
    )
    assert found.waiting == 1
    assert found.note.startswith("Of 3 drawn pairs that the work has passed 1 lack")


def test_an_empty_queue_and_one_without_votes_say_why_they_tell_nothing() -> None:
    for queue in (a_queue(pairs=0, ranked=0), a_queue(*SUSPECTS, *AUDITS)):
        found = audit(queue, (), {})
        assert (found.found.rate, found.found.naive, found.more) == (None, None, None)
        assert found.found.why.startswith("Not known, since ")
        assert not found.stop.reached
