"""Figures of linked panels, slices, runs and trials as JSON, in both themes."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import numpy as np
import plotly.graph_objects as go
import pytest

from core.charts.bars import bars_figure
from core.charts.compare import compare_figure
from core.charts.leaderboard import leaderboard_figure
from core.charts.linked import grid_figure, linked_figure
from core.charts.slices import slices_figure
from core.charts.theme import INKS, Theme
from core.schema import Condition
from core.schema.trials import Measure
from core.views.bins import Bins
from core.views.crossfilter import Counted, Panels
from core.views.results import RunHistogram
from core.views.slices import Mean, SliceRow, Slices
from core.views.slicing import Slice
from core.views.wilson import share
from tests.unit.test_charts_figures import ALPHA, EVIL, GOLDEN, PLAIN
from tests.unit.test_charts_figures import _json as as_json
from tests.unit.test_views_trial import score, trial

PANELS = Panels(
    category="split",
    kinds=("train", EVIL, None),
    more=2,
    x=ALPHA,
    y="length_delta_chars",
    across=Bins(-1.0, 2.0, 3),
    up=Bins(-10.0, 10.0, 2),
)
ALL = Counted(
    total=90,
    kinds=np.array([60, 20, 8, 2]),
    x=np.array([20, 50, 19]),
    y=np.array([40, 50]),
    cells=np.array([[0, 30, 9], [19, 20, 10]]),
)
KEPT = Counted(
    total=12,
    kinds=np.array([10, 0, 2, 0]),
    x=np.array([0, 9, 3]),
    y=np.array([5, 7]),
    cells=np.array([[0, 5, 0], [0, 4, 3]]),
)
NONE = replace(
    KEPT,
    total=0,
    **{name: 0 * getattr(KEPT, name) for name in ("kinds", "x", "y", "cells")},
)
"""A filter that keeps nothing."""


def _row(label: str, mean: Mean, n: int) -> SliceRow:
    slice = Slice("split", label, f"is {label}", (Condition("split", "=", label),))
    told, unknown = share(n // 4, n), share(0, 0)
    return SliceRow(slice, n, told, told, unknown, mean, mean)


SLICES = Slices(
    column="split",
    run="alpha",
    signal=ALPHA,
    rows=(
        _row("train", Mean(60, 0.5, 0.25, 0.75), 60),
        _row(EVIL, Mean(1, -1.0, None, None), 1),
        _row("none", Mean(0, None, None, None), 0),
    ),
    left_out=3,
)
BEST = score("best", 0.75, 0.5, 0.875)
KNOWN = replace(BEST, measures={**BEST.measures, "gold_auroc": Measure(0.625, 0.5, 0.75)})
BOARD = trial(KNOWN, replace(score("weak", 0.5, 0.375, 0.625), title=EVIL), score("silent", None))
RUNS = (RunHistogram(PLAIN, share(6, 8)),)
EDGES = PANELS.across.edges

FIGURES: dict[str, Callable[[Theme], go.Figure]] = {
    "linked": lambda theme: linked_figure(ALPHA, EDGES, ALL.x, KEPT.x, (0.0, None), theme),
    "linked_none": lambda theme: linked_figure(ALPHA, EDGES, ALL.x, NONE.x, (None, None), theme),
    "linked_grid": lambda theme: grid_figure(PANELS, ALL, KEPT, theme),
    "linked_grid_none": lambda theme: grid_figure(PANELS, ALL, NONE, theme),
    "linked_bars": lambda theme: bars_figure(PANELS, ALL, KEPT, theme),
    "linked_bars_none": lambda theme: bars_figure(PANELS, ALL, NONE, theme),
    "slices": lambda theme: slices_figure(SLICES, "agreement", theme),
    "slices_mean": lambda theme: slices_figure(SLICES, "mean", theme),
    "leaderboard": lambda theme: leaderboard_figure(BOARD, theme),
    "compare": lambda theme: compare_figure(RUNS, theme),
}


@pytest.mark.parametrize("theme", get_args(Theme))
@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_the_golden_ones(name: str, theme: Theme) -> None:
    golden = GOLDEN / f"{name}_{theme}.json"
    text = json.dumps(as_json(FIGURES[name](theme)), indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text, "utf-8", newline="\n")
    assert text == golden.read_text("utf-8")


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_of_the_data_is_html(name: str) -> None:
    text = json.dumps(as_json(FIGURES[name]("light")), ensure_ascii=False)
    assert set(re.findall(r"<[^>]*>", text)) <= {"<extra>", "</extra>", "<br>", "<b>", "</b>"}
    assert "<b>evil" not in text


@pytest.mark.parametrize("name", FIGURES)
def test_the_page_is_the_background_and_its_ink_writes(name: str) -> None:
    layout = as_json(FIGURES[name]("dark"))["layout"]
    assert layout["paper_bgcolor"] == layout["plot_bgcolor"] == "rgba(0,0,0,0)"
    assert layout["font"]["color"] == INKS["dark"].text
