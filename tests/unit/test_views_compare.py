"""Every run side by side: its rows, its agreement, and a figure with one pair of axes each."""

from __future__ import annotations

import numpy as np
import pytest

from core.charts.compare import NAME_CHARS, compare_figure, compare_table, compare_text
from core.schema import Condition, PairFilter
from core.views.compare import compare
from tests.factories import make_pair, make_store

LONG = "a_run_whose_name_is_far_too_long_to_stand_alone"


@pytest.fixture
def store(tmp_path):
    rows = [
        make_pair(0, scores={"alpha": (2.0, 1.0), LONG: (1.0, 1.0)}),
        make_pair(1, scores={"alpha": (1.0, 2.0), LONG: (5.0, 1.0)}),
        make_pair(2, scores={"alpha": (3.0, 1.0)}),
        make_pair(3),
    ]
    return make_store(tmp_path, rows)


def test_each_run_counts_its_rows_and_its_agreement(store):
    runs = compare(store, PairFilter())
    assert [run.histogram.total - run.histogram.nulls for run in runs] == [2, 3]
    assert [(run.agreement.k, run.agreement.n) for run in runs] == [(1, 1), (2, 3)]
    assert all(np.sum(run.histogram.series["all"]) in (2, 3) for run in runs)


def test_a_run_without_values_in_the_filtered_rows_is_left_out(store):
    kept = compare(store, PairFilter(conditions=(Condition("explicit_margin_alpha", ">", 1.5),)))
    assert [run.histogram.signal for run in kept] == ["explicit_margin_alpha"]
    assert compare(store, PairFilter(sources=("none",))) == ()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_figure_has_axes_of_its_own_per_run_and_names_that_fit(store, theme):
    runs = compare(store, PairFilter())
    figure = compare_figure(runs, theme)
    assert {(trace.xaxis, trace.yaxis) for trace in figure.data} == {("x", "y"), ("x2", "y2")}
    names = [note.text.split("</b>")[0].removeprefix("<b>") for note in figure.layout.annotations]
    assert all(len(name) <= NAME_CHARS for name in names)
    assert compare_figure((), theme).data == ()


def test_table_and_words_say_the_whole_name(store):
    runs = compare(store, PairFilter())
    assert compare_table(runs)["run"].to_pylist() == [LONG, "alpha"]
    assert "alpha: agrees with 66.7% of 3 labels" in compare_text(runs)
