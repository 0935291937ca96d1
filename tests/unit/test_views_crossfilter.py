"""Linked panels against plain counting, their figures, words and tables, and what they refuse."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.charts.bars import bars_figure, bars_height, bars_table, bars_text, names_of
from core.charts.linked import (
    grid_figure,
    grid_table,
    grid_text,
    linked_figure,
    linked_table,
    linked_text,
    shrink,
)
from core.errors import FilterError
from core.schema import Condition, PairFilter
from core.store.instance import Store
from core.views.browse import count
from core.views.crossfilter import (
    BINS,
    MOST_KINDS,
    PER_CELL,
    Counted,
    Panels,
    categories,
    counted,
    kept_by,
    kinds_of,
    of_kinds,
    panels,
)
from core.views.margins import density, histogram
from tests.factories import demo_pairs, make_pair, make_store

ALL = PairFilter()
X, Y = "explicit_margin_alpha", "length_delta_chars"
POSITIVE = PairFilter(conditions=(Condition(X, ">=", 0.0),))
EVIL = '<b onmouseover="x">evil</b>'


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store where one source has no scores, and split, models and people are called like HTML."""
    root = tmp_path_factory.mktemp("linked") / "store"
    make_store(root, demo_pairs(120)).close()
    named = {"split": EVIL, "chosen_model": EVIL, "extra": '{"language": "it\'s <i>"}'}
    plain = [make_pair(900 + i, **named, votes={EVIL: "chosen"}) for i in range(7)]
    return make_store(root, plain, source="plain")


def both(store: Store, filter: PairFilter, category: str) -> tuple[Panels, Counted, Counted]:
    p = panels(store, X, Y, category)
    return p, counted(store, ALL, p), counted(store, filter, p)


@pytest.mark.parametrize("filter", [ALL, POSITIVE, PairFilter(sources=("plain",))])
def test_every_panel_counts_what_its_own_view_counts(store: Store, filter: PairFilter) -> None:
    p, everything, kept = both(store, filter, "source")
    assert kept.total == kept.kinds.sum() == count(store, filter).matching
    for name, counts in ((X, kept.x), (Y, kept.y)):
        seen = histogram(store, filter, name)
        assert counts.sum() == seen.total - seen.nulls
    assert kept.cells.sum() == (seen := density(store, filter, X, Y)).total - seen.nulls
    assert (kept.x <= everything.x).all()
    assert (kept.cells <= everything.cells).all()
    assert p.across.n == BINS


def test_rows_without_a_signal_are_in_no_bin(store: Store) -> None:
    """A panel drew them all in its last bin: SQL's `least` passes over NULL."""
    _, everything, kept = both(store, PairFilter(sources=("plain",)), "source")
    assert (kept.x.sum(), kept.y.sum(), kept.cells.sum(), kept.total) == (0, 7, 0, 7)
    assert everything.x[-1] < 20


def test_axes_stay_those_of_the_whole_store(store: Store) -> None:
    p, everything, kept = both(store, POSITIVE, "source")
    whole = histogram(store, ALL, X, BINS)
    assert np.array_equal(p.across.edges, whole.edges)
    assert np.array_equal(everything.x, whole.series["all"])
    left = p.across.edges[1:] <= 0
    assert left.any()
    assert not kept.x[left].any()
    assert np.array_equal(kept.x[p.across.edges[:-1] >= 0], everything.x[p.across.edges[:-1] >= 0])


NAMED = [
    "source",
    "split",
    "tie",
    "label_kind",
    "tie_kind",
    "chosen_model",
    "language",
    "annotator",
]


@pytest.mark.parametrize("category", [*NAMED, "gold_agrees"])
def test_the_condition_of_a_kind_keeps_its_bar(store: Store, category: str) -> None:
    p = panels(store, X, Y, category)
    everything = counted(store, ALL, p)
    assert category in categories(store)
    assert p.kinds
    for place, kind in enumerate(p.kinds):
        narrowed = PairFilter(conditions=(kept_by(store, category, kind),))
        assert count(store, narrowed).matching == everything.kinds[place] > 0
        kept = counted(store, narrowed, p)
        assert kept.kinds.sum() == kept.kinds[place] == kept.total


def test_a_category_that_no_row_has_is_not_offered(store: Store, tmp_path: Path) -> None:
    assert categories(store)[: len(NAMED)] == tuple(NAMED)
    assert "rejected_model" in store.columns
    with pytest.raises(FilterError, match="no category named 'rejected_model'"):
        panels(store, X, Y, "rejected_model")
    plain = make_store(tmp_path, [make_pair(i, scores={"alpha": (1.0, 0.0)}) for i in range(3)])
    assert categories(plain)[:4] == ("source", "split", "tie", "label_kind")
    assert not {"tie_kind", "language", "annotator"} & set(categories(plain))


def test_a_row_without_a_tie_is_not_unknown(store: Store) -> None:
    assert names_of(panels(store, X, Y, "tie_kind")) == ["none", "both_bad"]
    assert names_of(panels(store, X, Y, "language")) == ["unknown", "it's <i>"]
    none = PairFilter(conditions=(kept_by(store, "tie_kind", None),))
    assert count(store, none).sentence == "tie_kind is none"


@pytest.mark.parametrize("category", ["source", "split", "tie"])
def test_bars_alone_count_what_the_panel_counts(store: Store, category: str) -> None:
    bars = kinds_of(store, category)
    for filter in (ALL, POSITIVE, PairFilter(conditions=(Condition("row_id", "<", 0.0),))):
        p, _, kept = both(store, filter, category)
        alone = of_kinds(store, filter, bars)
        assert (bars.kinds, bars.more) == (p.kinds, p.more)
        assert (alone.total, alone.kinds.tolist()) == (kept.total, kept.kinds.tolist())
    assert bars_height(bars) > bars_height(replace(bars, kinds=bars.kinds[:1]))


def test_small_kinds_share_a_bar(tmp_path: Path) -> None:
    rows = [
        make_pair(10 * i + j, split=f"s{i:02}", scores={"alpha": (float(j), 1.0)})
        for i in range(MOST_KINDS + 3)
        for j in range(2 if i < MOST_KINDS else 1)
    ]
    found = make_store(tmp_path, rows)
    p = panels(found, X, Y, "split")
    counts = counted(found, ALL, p).kinds.tolist()
    assert (p.more, counts) == (3, [2] * MOST_KINDS + [3])
    assert names_of(p)[-1] == "all 3 others"
    assert "all 3 others 3 of 3" in bars_text(p, counted(found, ALL, p), counted(found, ALL, p))


def test_unknown_names_are_refused(store: Store) -> None:
    with pytest.raises(FilterError, match="category"):
        panels(store, X, Y, "suspicion")
    with pytest.raises(FilterError, match="vanished"):
        panels(store, "vanished", Y, "source")
    with pytest.raises(FilterError, match="category"):
        kept_by(store, X, "1")


def test_nothing_kept_and_one_value_only_are_drawn(tmp_path: Path) -> None:
    rows = [make_pair(i, scores={"alpha": (1.0, 0.0)}) for i in range(5)]
    found = make_store(tmp_path, rows)
    nothing = PairFilter(conditions=(Condition("row_id", "<", 0.0),))
    p, everything, kept = both(found, nothing, "split")
    assert everything.x.sum() == 5
    assert (kept.x.sum(), kept.cells.sum(), kept.kinds.sum()) == (0, 0, 0)
    ends = (0.5, None)
    linked_figure(X, p.across.edges, everything.x, kept.x, ends, "dark")
    grid_figure(p, everything, kept, "dark")
    bars_figure(p, everything, kept, "dark")
    assert linked_text(X, p.across.edges, everything.x, kept.x).endswith(
        "0 of 5 rows with a value are kept."
    )
    none = np.zeros_like(kept.x)
    assert linked_text(X, p.across.edges, none, none).endswith("no row has a value.")


@pytest.mark.parametrize(
    ("all_rows", "kept", "divisor"),
    [(100, 100, 1), (100, 15, 1), (100, 14, 5), (1000, 1, 1000), (999, 1, 500), (10, 0, 1)],
)
def test_the_outline_is_divided_by_a_round_number(all_rows: int, kept: int, divisor: int) -> None:
    assert shrink(np.array([3, all_rows]), np.array([kept, 0])) == divisor


def test_the_outline_says_by_what_it_is_divided(store: Store) -> None:
    few = PairFilter(conditions=(Condition("row_id", "<", 3.0),))
    p, everything, kept = both(store, few, "source")
    chart = linked_figure(X, p.across.edges, everything.x, kept.x, (None, None), "light")
    divisor = shrink(everything.x, kept.x)
    assert divisor > 1
    assert chart.data[1].name == f"all rows ({everything.x.sum()}) ÷ {divisor}"
    assert max(chart.data[1].y) == everything.x.max() / divisor
    assert sum(chart.data[0].y) == kept.x.sum()


def test_a_bar_is_never_longer_than_its_outline(store: Store) -> None:
    p, everything, kept = both(store, PairFilter(sources=("plain",)), "split")
    chart = bars_figure(p, everything, kept, "light")
    assert all(k <= a for k, a in zip(chart.data[0].x, chart.data[1].x, strict=True))
    assert list(chart.data[1].x) == everything.kinds.tolist()
    few = PairFilter(conditions=(Condition("row_id", "<", 3.0),))
    p, everything, kept = both(store, few, "source")
    chart = bars_figure(p, everything, kept, "light")
    assert chart.data[1].x[0] == everything.kinds[0] / 20
    assert chart.data[1].name.endswith("÷ 20")


def test_marks_are_few_and_bounds_are_drawn(store: Store) -> None:
    p, everything, kept = both(store, POSITIVE, "source")
    chart = linked_figure(X, p.across.edges, everything.x, kept.x, (0.25, None), "light")
    assert [shape.x0 for shape in chart.layout.shapes if shape.line.dash == "dash"] == [0.25]
    grid = grid_figure(p, everything, kept, "light")
    assert np.size(grid.data[0].z) == (BINS // PER_CELL) ** 2
    cells = np.count_nonzero(everything.cells)
    border = np.array(grid.data[1].x)
    assert 0 < np.isfinite(border).sum() <= 8 * cells
    marks = np.asarray(grid.data[2].customdata)
    up, across = np.nonzero(everything.cells)
    assert len(marks) == cells
    assert marks[:, 4].tolist() == kept.cells[up, across].tolist()
    assert marks[:, 5].tolist() == everything.cells[up, across].tolist()
    assert (p.across.edges[PER_CELL * across] == marks[:, 0]).all()
    assert (p.up.edges[PER_CELL * (up + 1)] == marks[:, 3]).all()


def test_tables_and_words_hold_the_same_numbers(store: Store) -> None:
    p, everything, kept = both(store, POSITIVE, "split")
    table = linked_table(p.across.edges, everything.x, kept.x)
    assert table["kept"].to_pylist() == kept.x.tolist()
    assert f"{kept.x.sum()} of {everything.x.sum()} rows" in linked_text(
        X, p.across.edges, everything.x, kept.x
    )
    cells = grid_table(p, everything, kept)
    assert sum(cells["kept"].to_pylist()) == kept.cells.sum()
    assert sum(cells["all rows"].to_pylist()) == everything.cells.sum()
    assert f"{kept.cells.sum()} of {everything.cells.sum()} rows" in grid_text(p, everything, kept)
    assert bars_table(p, everything, kept)["split"].to_pylist() == names_of(p)
    assert f"{EVIL} 0 of 7" in bars_text(p, everything, kept)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_names_from_data_are_letters_in_a_chart(store: Store, theme: str) -> None:
    p, everything, kept = both(store, ALL, "split")
    drawn = bars_figure(p, everything, kept, theme).to_json()  # type: ignore[arg-type]
    assert "evil" in drawn
    assert "<b" not in drawn.replace("\\u003c", "<")
