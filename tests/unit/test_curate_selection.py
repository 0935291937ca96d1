"""Selections: every step counts what it leaves out, and presets choose from what is left."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.curate.presets import PRESETS, Example, Kept, Need, PresetSpec
from core.curate.selection import Counts, select
from core.errors import ExportError, FilterError, UnknownName, UsageError
from core.registry import Param
from core.schema import Condition, PairFilter
from core.store.instance import Store
from tests.factories import Row, make_pair, make_store


def swapped(pair: Row, row: int) -> Row:
    sides = {"chosen_text": pair["rejected_text"], "rejected_text": pair["chosen_text"]}
    return {**pair, **sides, "row": row}


def turns(*turns: dict[str, object]) -> str:
    return json.dumps(turns, sort_keys=True, separators=(",", ":"))


def rows() -> list[Row]:
    plain = [make_pair(i, scores={"alpha": (float(i), 0.0)}) for i in range(6)]
    said = {"role": "assistant", "content": "yes"}
    return [
        *plain,
        make_pair(6, tie_kind="tie", label_kind="tie"),
        swapped(plain[0], 7),
        {**plain[1], "row": 8},
        make_pair(9, chosen_text=None, chosen_messages=turns({**said, "n_tokens": 1})),
        make_pair(10, chosen_text=None, chosen_messages=turns({**said, "tool_calls": []})),
        make_pair(11, chosen_text=None, chosen_messages=turns({**said, "content": [{"image": 1}]})),
    ]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return make_store(tmp_path_factory.mktemp("selection"), rows())


def test_every_row_is_counted_once(store: Store) -> None:
    found = select(store, PairFilter())
    assert found.counts == Counts(
        matching=12, ties=1, contradictions=2, duplicates=1, unwritable=2, unselected=0, selected=6
    )
    assert found.row_ids.tolist() == [1, 2, 3, 4, 5, 9]
    assert (found.conversations, found.more_keys) == (1, 1)
    assert found.sentence == "all pairs"


def test_a_contradiction_counts_among_the_filtered_rows_only(store: Store) -> None:
    found = select(store, PairFilter(conditions=(Condition("row_id", "=", 0.0),)))
    assert found.counts.contradictions == 0
    assert found.row_ids.tolist() == [0]


def test_order_is_by_content_not_by_import(tmp_path: Path) -> None:
    make_store(tmp_path, [make_pair(1)], source="zebra").close()
    store = make_store(tmp_path, [make_pair(2)], source="ant")
    assert select(store, PairFilter()).row_ids.tolist() == [1, 0]


def test_an_unknown_column_preset_or_parameter_is_named(store: Store) -> None:
    with pytest.raises(FilterError, match="'nothing'"):
        select(store, PairFilter(conditions=(Condition("nothing", "=", 1.0),)))
    with pytest.raises(UnknownName, match=r"preset named 'best'.*Known: .*everything"):
        select(store, PairFilter(), "best")
    with pytest.raises(UsageError, match="no parameter 'share'"):
        select(store, PairFilter(), "everything", {"share": 0.4})


@pytest.fixture
def largest(monkeypatch: pytest.MonkeyPatch) -> PresetSpec:
    """A preset that sorts by a signal and keeps some: what later ones do."""
    monkeypatch.setattr(PRESETS, "_entries", dict(PRESETS._entries))
    return PRESETS.register(
        PresetSpec(
            name="largest",
            title="Largest",
            description="Keeps the largest margins.",
            paper="",
            needs=(Need("margin", "explicit_margin", "How far."),),
            params=(Param("k", "How many", 2, 1, 100, ""),),
            select=lambda inputs, params: Kept(
                np.argsort(-np.nan_to_num(inputs.signals["margin"], nan=-np.inf))[
                    : int(params["k"])
                ],
                ranked=True,
            ),
            example=Example({}, ()),
        )
    )


def test_a_preset_keeps_and_orders(store: Store, largest: PresetSpec) -> None:
    found = select(store, PairFilter(), largest.name, {"k": 3})
    assert found.row_ids.tolist() == [5, 4, 3]
    assert (found.counts.unselected, found.counts.selected) == (3, 3)


def test_a_preset_says_what_it_lacks(tmp_path: Path, largest: PresetSpec) -> None:
    unscored = make_store(tmp_path, [make_pair(0)])
    with pytest.raises(ExportError, match="largest needs explicit_margin"):
        select(unscored, PairFilter(), largest.name)
    with pytest.raises(UsageError, match="k of largest cannot be 0"):
        select(unscored, PairFilter(), largest.name, {"k": 0})
