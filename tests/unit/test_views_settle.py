"""A pair as it is settled: by id, in an order that tells nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.store.instance import Store, open_store
from core.views.settle import labels_of, pair_texts, pairs_by_source, previews
from tests.factories import make_pair, make_store

ROWS = [
    make_pair(0, gold="rejected", chosen_model="m1", rejected_model="m2"),
    make_pair(
        1,
        prompt_text="question 0",
        chosen_text="bad 0",
        rejected_text="a good answer to question 0",
    ),
    make_pair(2, tie_kind="both_bad"),
    make_pair(3),
]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    make_store(tmp_path, ROWS).close()
    opened = open_store(tmp_path)
    yield opened
    opened.close()


def ids(store: Store) -> list[dict[str, int]]:
    rows = [store.query("browse_pair", {"row_id": i}).to_pylist()[0] for i in range(4)]
    return [{k: row[k] for k in ("pair_id", "chosen_id", "rejected_id")} for row in rows]


def test_the_smaller_id_is_first_whoever_was_chosen(store: Store) -> None:
    for row in ids(store):
        found = pair_texts(store, row["pair_id"])
        assert found is not None
        assert found.first_id < found.second_id
        assert {found.first_id, found.second_id} == {row["chosen_id"], row["rejected_id"]}
        assert found.number(found.second_id) == 2
        assert found.number(None) is None


def test_texts_models_and_gold_stand_with_their_response(store: Store) -> None:
    row = ids(store)[0]
    found = pair_texts(store, row["pair_id"])
    assert found is not None
    at = 0 if found.first_id == row["chosen_id"] else 1
    sides = (found.first, found.second)
    assert sides[at][0].content == "a good answer to question 0"
    assert found.models[at] == "m1"
    assert (found.gold_id, found.gold_tie) == (row["rejected_id"], None)


def test_rows_that_contradict_each_other_are_both_told(store: Store) -> None:
    row = ids(store)[0]
    found = pair_texts(store, row["pair_id"])
    assert found is not None
    assert [one.chosen_id for one in found.rows] == [row["chosen_id"], row["rejected_id"]]
    labels = labels_of(store, (row["pair_id"],))
    assert labels == tuple((row["pair_id"], one) for one in (row["chosen_id"], row["rejected_id"]))


def test_a_tie_has_no_chosen_one(store: Store) -> None:
    row = ids(store)[2]
    found = pair_texts(store, row["pair_id"])
    assert found is not None
    assert (found.rows[0].chosen_id, found.rows[0].tie_kind) == (None, "both_bad")
    assert (found.gold_id, found.gold_tie) == (None, None)
    assert labels_of(store, (row["pair_id"],)) == ((row["pair_id"], None),)


def test_a_pair_is_with_every_source_that_has_it(tmp_path: Path) -> None:
    """Rows of one pair in one source are one pair; what the store lacks has no source."""
    make_store(tmp_path, ROWS, source="talk").close()
    store = make_store(tmp_path, ROWS[2:3], source="code")
    both, one = ids(store)[2]["pair_id"], ids(store)[0]["pair_id"]
    found = pairs_by_source(store, (one, both, 5))
    store.close()
    assert found == (("code", (both,)), ("talk", tuple(sorted((one, both)))))


def test_a_pair_of_another_store_is_none(store: Store) -> None:
    assert pair_texts(store, 5) is None
    assert labels_of(store, (5,)) == labels_of(store, ()) == ()
    assert pairs_by_source(store, (5,)) == pairs_by_source(store, ()) == ()
    assert previews(store, (5,)) == previews(store, ()) == {}


def test_prompts_are_found_by_pair(store: Store) -> None:
    row = ids(store)[3]
    assert previews(store, (row["pair_id"],)) == {row["pair_id"]: "question 3"}
