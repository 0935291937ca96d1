"""Caps and balance: how many pairs of each slice an export holds."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.curate.base import base_of
from core.curate.presets import PRESETS, Kept
from core.curate.recipe import Cap, Recipe
from core.curate.selection import Selection, choose
from core.errors import UnknownName
from core.schema import PairFilter
from core.store.instance import Store
from tests.factories import make_pair, make_store

SIZES = {"ant": 3, "bee": 10, "cow": 25}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return made(tmp_path_factory.mktemp("amounts"))


def made(root: Path, backwards: bool = False) -> Store:
    start = 0
    for name, size in SIZES.items():
        rows = [
            make_pair(i, chosen_model="m" if i % 2 else None) for i in range(start, start + size)
        ]
        store = make_store(root, rows[::-1] if backwards else rows, source=name)
        start += size
    return store


def taken(store: Store, **over: object) -> Selection:
    recipe = replace(Recipe(), **over)  # type: ignore[arg-type]
    return choose(store, recipe, base_of(store, PairFilter()))


def per_source(found: Selection) -> dict[str, int]:
    return dict(Counter(found.source.names[i] for i in found.source.index.tolist()))


def test_a_cap_holds_for_each_value(store: Store) -> None:
    found = taken(store, caps=(Cap("source", 5),))
    assert per_source(found) == {"ant": 3, "bee": 5, "cow": 5}
    assert found.counts.capped == 25


def test_a_cap_of_one_value_leaves_the_others(store: Store) -> None:
    found = taken(store, caps=(Cap("source", 4, "cow"),))
    assert per_source(found) == {"ant": 3, "bee": 10, "cow": 4}


def test_a_cap_of_a_value_that_no_row_has_is_a_mistake(store: Store) -> None:
    with pytest.raises(UnknownName, match="There is no source named 'cwo'") as raised:
        taken(store, caps=(Cap("source", 4, "cwo"),))
    assert "Did you mean 'cow'?" in raised.value.hint
    assert taken(store, caps=(Cap("chosen_model", 4, "unknown"),)).counts.capped == 15


def test_a_cap_of_a_value_that_the_filter_left_out_is_none(store: Store) -> None:
    bees = PairFilter(sources=("bee",))
    recipe = Recipe(filter=bees, caps=(Cap("source", 4, "cow"),))
    assert choose(store, recipe, base_of(store, bees)).counts.selected == 10


def test_two_caps_hold_together(store: Store) -> None:
    found = taken(store, caps=(Cap("source", 6), Cap("chosen_model", 4, "unknown")))
    assert max(per_source(found).values()) <= 6
    names = store.con.cursor().execute(
        "SELECT count(*) FROM data.pairs WHERE chosen_model IS NULL AND row_id IN "
        "(SELECT unnest(?::BIGINT[]))", [found.row_ids.tolist()]
    )  # fmt: skip
    assert names.fetchall() == [(4,)]


def test_balance_takes_as_many_of_each(store: Store) -> None:
    found = taken(store, balance="source")
    assert per_source(found) == {"ant": 3, "bee": 3, "cow": 3}
    assert (found.counts.unbalanced, found.counts.selected) == (29, 9)


def test_a_cap_comes_before_the_balance(store: Store) -> None:
    found = taken(store, caps=(Cap("source", 2, "ant"),), balance="source")
    assert per_source(found) == {"ant": 2, "bee": 2, "cow": 2}
    assert (found.counts.capped, found.counts.unbalanced) == (1, 31)


def test_a_draw_depends_on_the_seed_not_on_the_order_of_rows(store: Store, tmp_path: Path) -> None:
    asked = {"caps": (Cap("source", 5),)}
    first = taken(store, **asked).pair_ids.tolist()
    assert taken(made(tmp_path, backwards=True), **asked).pair_ids.tolist() == first
    assert taken(store, seed=7, **asked).pair_ids.tolist() != first


def test_where_a_preset_ranks_its_first_rows_stay(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PRESETS, "_entries", dict(PRESETS._entries))
    spec = replace(
        PRESETS.get("everything"),
        name="last",
        select=lambda inputs, params: Kept(np.arange(inputs.row_id.size)[::-1], ranked=True),
    )
    PRESETS.register(spec)
    everything, found = taken(store), taken(store, preset="last", caps=(Cap("source", 2),))
    by_source = [everything.row_ids[everything.source.index == i].tolist() for i in range(3)]
    wanted = [row for rows in reversed(by_source) for row in rows[::-1][:2]]
    assert found.row_ids.tolist() == wanted


def test_an_unknown_key_is_named(store: Store) -> None:
    with pytest.raises(UnknownName, match="'colour'"):
        taken(store, balance="colour")
    with pytest.raises(UnknownName, match="'row_id'"):
        taken(store, caps=(Cap("row_id", 3),))


def test_nothing_stays_nothing(store: Store) -> None:
    recipe = Recipe(caps=(Cap("source", 0),), balance="source")
    assert choose(store, recipe, base_of(store, PairFilter())).counts.selected == 0
