"""Gold and practice pairs of a queue: which they are, and what scarce or odd gold does."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest

from core.curate.queues.drafts import QueueAsk, draft
from core.schema import Condition, PairFilter
from tests.drafts import column, of, plain
from tests.factories import make_pair, make_store


def test_practice_is_where_the_runs_say_what_gold_says(tmp_path: Path) -> None:
    """A wide margin against gold is no easy pair: here the runs err where they are surest."""
    rows = [
        make_pair(i, gold="rejected", scores={"rm": (5.0 if i % 2 else -3.0, 0.0)})
        for i in range(20)
    ]
    store = make_store(tmp_path, rows)
    made = draft(store, QueueAsk("q", "random", size=1, practice=5))
    margin = column(store, "explicit_margin_rm")
    assert [margin[item.pair_id] for item in of(made, "practice")] == [-3.0] * 5


@pytest.mark.parametrize(
    ("gold", "practice", "expected"),
    [(0, 0, (0, 0)), (50, 0, (4, 0)), (0, 5, (0, 4)), (50, 5, (4, 0)), (2, 3, (2, 0))],
)
def test_scarce_gold_checks_people_before_they_practise(
    tmp_path: Path, gold: int, practice: int, expected: tuple[int, int]
) -> None:
    rows = [make_pair(i, gold="chosen") for i in range(4)] + plain(4, 10)
    filter = PairFilter(conditions=(Condition("gold_agrees", "null"),))
    ask = QueueAsk("q", "random", filter, gold=gold, practice=practice)
    made = draft(make_store(tmp_path, rows), ask)
    assert (len(of(made, "gold")), len(of(made, "practice"))) == expected


def test_gold_that_contradicts_itself_checks_nobody(tmp_path: Path) -> None:
    root = tmp_path / "s"
    make_store(root, [make_pair(0, gold="chosen")], source="a").close()
    swapped = make_pair(0, chosen_text="bad 0", rejected_text="a good answer to question 0")
    make_store(root, [{**swapped, "gold": "chosen"}], source="b").close()
    store = make_store(root, plain(5, 10), source="c")
    made = draft(store, QueueAsk("q", "random", PairFilter(sources=("c",))))
    assert len(made.items) == 10
    made = draft(store, QueueAsk("q", "random", PairFilter(sources=("a", "c")), size=1))
    assert of(made, "gold") == []


def test_gold_that_names_a_tie_is_a_silent_check_and_no_practice(tmp_path: Path) -> None:
    store = make_store(tmp_path, [make_pair(i, gold="chosen") for i in range(20)])
    tied = store.query("queue_gold", {"sources": ["made"]})
    ties = ["both_good", "both_bad", "neither", *[None] * 17]
    winners = [
        None if tie else w for tie, w in zip(ties, tied["winner_id"].to_pylist(), strict=True)
    ]
    made = tied.set_column(3, "winner_id", pa.array(winners, pa.int64())).set_column(
        4, "tie_kind", pa.array(ties, pa.string())
    )
    real = store.query
    store.query = lambda name, *args, **names: (
        made if name == "queue_gold" else real(name, *args, **names)
    )
    asked = draft(store, QueueAsk("q", "random", size=1, practice=10))
    assert Counter(i.gold_tie for i in of(asked, "gold"))["neither"] == 0
    assert {i.gold_tie for i in asked.items} <= {None, "tie", "both_bad"}
    assert all(i.gold_id for i in of(asked, "practice"))
    silent = [i for i in of(asked, "gold") if i.gold_tie]
    assert {i.gold_tie for i in silent} <= {"tie", "both_bad"}
    assert len(silent) >= 1
    assert all(i.gold_id is None for i in silent)
