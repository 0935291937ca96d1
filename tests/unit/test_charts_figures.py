"""Figures as JSON without template, their tables and their words."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import get_args

import numpy as np
import plotly.graph_objects as go
import pyarrow as pa
import pytest

from core.charts.agreement import agreement_figure, agreement_table, agreement_text
from core.charts.bars import bars_figure, bars_text
from core.charts.calibration import calibration_figure, calibration_table, calibration_text
from core.charts.density import density_figure, density_table, density_text
from core.charts.evidence import TOGETHER, evidence_figure, evidence_table, evidence_text
from core.charts.histogram import histogram_figure, histogram_table, histogram_text
from core.charts.losses import losses_figure, losses_table, losses_text
from core.charts.plane import plane_figure, plane_table, plane_text
from core.charts.reliability import reliability_figure, reliability_table, reliability_text
from core.charts.theme import FONT_SIZE, INKS, SELECTS, Theme, plain
from core.charts.words import NARROW_CHARS, axis_title, narrow_title, sides_of, title_of
from core.schema import Decomposition, EvidenceBar
from core.views.calculator import loss_curves
from core.views.crossfilter import Kinds, OfKinds
from core.views.plane import Cut, Plane, PlaneRuns
from core.views.reliability import Reliability
from core.views.results import (
    Calibration,
    Density,
    Histogram,
    RunsAgreement,
)
from core.views.wilson import share

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "charts"
EVIL = '<b>evil</b> & "co" <a href="javascript:alert(1)">x</a>'
ALPHA, BETA = "explicit_margin_alpha", "explicit_margin_beta"
QUANTILES = {0.25: -0.5, 0.5: 0.5, 0.75: 1.0}

PLAIN = Histogram(
    ALPHA, np.array([-1.0, 0.0, 1.0, 2.0]), {"all": np.array([2, 5, 1])}, 3, 11, QUANTILES
)
SLICED = Histogram(
    BETA,
    np.array([-1.0, 0.0, 1.0]),
    {EVIL: np.array([1, 3]), "train": np.array([2, 0])},
    0,
    6,
    QUANTILES,
)
EMPTY = Histogram("suspicion", np.linspace(0, 1, 3), {"all": np.zeros(2, np.int64)}, 4, 4, {})
GRID = Density(
    ALPHA,
    "length_delta_chars",
    np.array([-1.0, 0.0, 1.0]),
    np.array([-5.0, 0.0, 5.0]),
    np.array([[1, 0], [20, 4]]),
    2,
    27,
)
CALIBRATION = Calibration(ALPHA, "gold", np.array([-1.0, 1.5]), (share(1, 4), share(4, 4)))
MARKED = replace(PLAIN, reversed=np.array([1, 2, 0]))
MARKED_SLICES = replace(SLICED, reversed=np.array([3, 1]))
PARTS = Decomposition(
    (
        EvidenceBar("vote", "ann", -0.4),
        EvidenceBar("run", "beta", 0.25, 0.2),
        EvidenceBar("run", EVIL, -1.5, -3.0),
        EvidenceBar("other label", "made", -0.75),
        EvidenceBar("label", "made", 0.5),
    ),
    -1.9,
    0.87,
)
PLANE = Plane(PlaneRuns("toy"), GRID, (20, 4, 1, 0), 3)
CUT = Cut(1.0, 0.5, 10, 25, None)
RELIABILITY = Reliability("suspicion", "gold", np.array([0.1, 0.6]), (share(1, 20), share(12, 20)))
CURVES = loss_curves(1.5)
AGREEMENT = RunsAgreement(
    ("the labels", "alpha", EVIL),
    np.array([[40, 30, 9], [30, 40, 8], [9, 8, 12]]),
    np.array([[40, 40, 12], [40, 40, 12], [12, 12, 12]]),
)

FIGURES: dict[str, Callable[[Theme], go.Figure]] = {
    "histogram": lambda theme: histogram_figure(PLAIN, theme),
    "histogram_slices": lambda theme: histogram_figure(SLICED, theme),
    "histogram_empty": lambda theme: histogram_figure(EMPTY, theme),
    "density": lambda theme: density_figure(GRID, theme),
    "calibration": lambda theme: calibration_figure(CALIBRATION, theme),
    "histogram_reversed": lambda theme: histogram_figure(MARKED, theme),
    "histogram_slices_reversed": lambda theme: histogram_figure(MARKED_SLICES, theme),
    "plane": lambda theme: plane_figure(PLANE, CUT, theme),
    "reliability": lambda theme: reliability_figure(RELIABILITY, theme),
    "losses": lambda theme: losses_figure(CURVES, 0.1, theme),
    "evidence": lambda theme: evidence_figure(PARTS, theme),
    "agreement": lambda theme: agreement_figure(AGREEMENT, theme),
}
TABLES: dict[str, pa.Table] = {
    "histogram": histogram_table(PLAIN),
    "histogram_slices": histogram_table(SLICED),
    "density": density_table(GRID),
    "calibration": calibration_table(CALIBRATION),
    "histogram_reversed": histogram_table(MARKED),
    "plane": plane_table(PLANE, CUT),
    "reliability": reliability_table(RELIABILITY),
    "losses": losses_table(CURVES),
    "evidence": evidence_table(PARTS),
    "agreement": agreement_table(AGREEMENT),
}


def _json(figure: go.Figure) -> dict[str, object]:
    spec: dict[str, object] = json.loads(figure.to_json())
    template = spec["layout"].pop("template")
    if template == SELECTS:
        spec["layout"]["dragmode"] = "select"
    else:
        assert set(template) <= {"data"}
    return spec


@pytest.mark.parametrize("theme", get_args(Theme))
@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_the_golden_ones(name: str, theme: Theme) -> None:
    golden = GOLDEN / f"{name}_{theme}.json"
    text = json.dumps(_json(FIGURES[name](theme)), indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text, "utf-8", newline="\n")
    assert text == golden.read_text("utf-8")


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_of_the_data_is_html(name: str) -> None:
    text = json.dumps(_json(FIGURES[name]("light")), ensure_ascii=False)
    assert "<a" not in text
    assert set(re.findall(r"<[^>]*>", text)) <= {"<extra>", "</extra>", "<br>", "<b>", "</b>"}
    assert "<b>evil" not in text


@pytest.mark.parametrize("name", FIGURES)
def test_background_is_the_page(name: str) -> None:
    layout = _json(FIGURES[name]("dark"))["layout"]
    assert layout["paper_bgcolor"] == layout["plot_bgcolor"] == "rgba(0,0,0,0)"
    assert layout["font"]["color"] == INKS["dark"].text
    assert "title" not in layout


@pytest.mark.parametrize("name", ["histogram", "histogram_slices", "histogram_empty"])
def test_histograms_are_brushed_along_x(name: str) -> None:
    layout = _json(FIGURES[name]("light"))["layout"]
    assert (layout["dragmode"], layout["selectdirection"]) == ("select", "h")


@pytest.mark.parametrize("name", ["histogram", "histogram_slices", "density"])
def test_a_drag_selects_by_the_template_so_that_a_click_may_too(name: str) -> None:
    """Streamlit sets `clickmode` to what selects nothing where the layout itself says select."""
    chart = FIGURES[name]("light")
    sent = json.loads(chart.to_json())["layout"]
    assert chart.layout.dragmode == "select"
    assert sent["dragmode"] != "select"
    assert sent["template"] == {"layout": {"dragmode": "select"}}
    assert "clickmode" not in sent


def test_a_click_can_tell_what_was_clicked() -> None:
    for seen in (PLAIN, SLICED):
        for trace in histogram_figure(seen, "light").data:
            ends = np.asarray(trace.customdata)
            assert ends[:, 0].tolist() == seen.edges[:-1].tolist()
            assert ends[:, 1].tolist() == seen.edges[1:].tolist()
    cells = density_figure(GRID, "light").data[1]
    up, across = np.nonzero(GRID.counts)
    found = np.asarray(cells.customdata)
    assert found[:, 0].tolist() == GRID.x_edges[across].tolist()
    assert found[:, 3].tolist() == GRID.y_edges[up + 1].tolist()
    assert found[:, 4].tolist() == GRID.counts[up, across].tolist()


def test_colour_is_never_the_only_carrier() -> None:
    lines = [(t["line"]["dash"], t["marker"]["symbol"]) for t in _data(SLICED)]
    assert len(set(lines)) == len(lines)
    bars = _json(evidence_figure(PARTS, "light"))["data"][0]
    assert bars["marker"]["pattern"]["shape"] == ["", "/", "", "/", "/", "/"]
    assert bars["text"] == ["+0.50", "−1.50", "+0.25", "−0.40", "−0.75", "−1.90"]
    marked = _json(histogram_figure(MARKED, "light"))["data"][-1]
    assert set(marked["marker"]["pattern"]["shape"]) == {"/"}
    curves = _json(losses_figure(CURVES, 0.1, "light"))["data"][:3]
    assert len({(line["line"]["dash"], line["marker"]["symbol"]) for line in curves}) == 3


def _data(h: Histogram) -> list[dict[str, dict[str, object]]]:
    return list(_json(histogram_figure(h, "light"))["data"])


def test_margins_mark_the_side_of_the_label() -> None:
    notes = _json(histogram_figure(PLAIN, "light"))["layout"]["annotations"]
    assert [note["text"] for note in notes] == ["← disagrees", "agrees with label →"]
    assert "annotations" not in _json(histogram_figure(EMPTY, "light"))["layout"]


def test_tables_hold_the_numbers() -> None:
    assert TABLES["histogram"].to_pydict() == {
        "from": [-1.0, 0.0, 1.0],
        "to": [0.0, 1.0, 2.0],
        "rows": [2, 5, 1],
    }
    assert TABLES["histogram_slices"].column_names == ["from", "to", EVIL, "train"]
    assert TABLES["density"]["rows"].to_pylist() == [1, 20, 4]
    assert TABLES["calibration"]["confirmed"].to_pylist() == [1, 4]
    assert TABLES["agreement"]["pairs"].to_pylist() == [40, 12, 12]
    assert TABLES["histogram_reversed"]["reversed by gold"].to_pylist() == [1, 2, 0]
    assert TABLES["reliability"]["reversed"].to_pylist() == [1, 12]
    assert TABLES["plane"]["middle is kept"].to_pylist() == [False, True, True]
    assert TABLES["losses"]["rDPO loss"][10].as_py() == pytest.approx(0.0139, abs=1e-4)


def test_evidence_adds_up_and_stands_in_order() -> None:
    """The label first, then runs by size, votes, and other rows' labels; the sum comes last."""
    table = TABLES["evidence"]
    assert table["evidence"].to_pylist() == ["label", "run", "run", "vote", "other label", TOGETHER]
    *bars, total = table["logits"].to_pylist()
    assert sum(bars) == pytest.approx(total, abs=1e-12)
    assert table["of"].to_pylist()[-1] == "suspicion 0.870"


def test_the_cut_is_a_line_where_the_plane_says_it_is() -> None:
    fade, line = _json(plane_figure(PLANE, CUT, "light"))["data"][-2:]
    assert [y - x for x, y in zip(line["x"], line["y"], strict=True)] == pytest.approx([0.5] * 60)
    assert (min(fade["y"]), max(fade["y"])) == (-5.0, pytest.approx(1.5))
    without = _json(plane_figure(PLANE, replace(CUT, value=None), "light"))["data"]
    assert [trace["type"] for trace in without] == ["heatmap"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (histogram_text(PLAIN), "8 of 11 rows have a value, from -1 to 2"),
        (histogram_text(SLICED), "train 2"),
        (histogram_text(EMPTY), "Suspicion: none of 4 rows has a value."),
        (density_text(GRID), "25 of 27 rows have both. The fullest cell lies around -0.5 and 2.5."),
        (calibration_text(CALIBRATION), "25% of 4 labels are confirmed by gold"),
        (histogram_text(MARKED), "Gold calls 3 of these labels reversed, 33% of them below 0."),
        (evidence_text(PARTS), "label: made +0.50; "),
        (evidence_text(PARTS), "together −1.90: suspicion 0.87."),
        (plane_text(PLANE, CUT), "high potential 80%, already learned 16%, ambiguous 4%"),
        (plane_text(PLANE, CUT), "explicit = 1 · implicit + 0.5 lie 10 of 25 rows (40.0%)"),
        (plane_text(PLANE, replace(CUT, value=None, kept=0)), "So small a share keeps no row."),
        (reliability_text(RELIABILITY), "Expected calibration error 0.025: over 40 rows"),
        (losses_text(CURVES, 0.1), "DPO 0.2014, cDPO 0.3514, rDPO 0.0139"),
        (losses_text(CURVES, 0.1), "DPO 0.1824, cDPO 0.0824, rDPO 0.3074"),
        (agreement_text(AGREEMENT), "agree on 66.7% of 12 pairs"),
    ],
)
def test_charts_in_words(text: str, words: str) -> None:
    assert words in text


@pytest.mark.parametrize("name", FIGURES)
def test_axis_titles_are_as_large_as_ticks(name: str) -> None:
    layout = _json(FIGURES[name]("light"))["layout"]
    sizes = {layout[axis]["title"]["font"]["size"] for axis in ("xaxis", "yaxis")}
    assert sizes == {layout["font"]["size"]} == {FONT_SIZE}


@pytest.mark.parametrize(
    ("column", "title"),
    [
        ("suspicion", "Suspicion"),
        ("length_delta_chars", "Length difference"),
        ("explicit_margin_alpha", "Explicit margin of alpha"),
        (f"explicit_margin_{'x' * 60}", f"Explicit margin of<br>{'x' * 37}…"),
        ("<a>" * 20, f"{'&lt;a&gt;' * 12}&lt;…"),
    ],
)
def test_titles_of_half_a_page_are_short(column: str, title: str) -> None:
    assert narrow_title(column).startswith(title)
    assert all(len(line) <= NARROW_CHARS for line in unescape(narrow_title(column)).split("<br>"))


def test_words_of_columns() -> None:
    assert title_of(ALPHA) == "Explicit margin of alpha"
    assert axis_title("length_delta_chars") == "Length difference (characters)"
    assert axis_title("a<b") == "a&lt;b"
    assert sides_of("suspicion") is None
    assert sides_of("length_ratio") == ("rejected is longer", "chosen is longer")
    assert plain("<i> & co") == "&lt;i&gt; &amp; co"


def test_what_turns_a_line_round_is_written_out() -> None:
    kinds = Kinds("language", ("\u202eabc",), 0)
    counts = OfKinds(3, np.array([3]))
    chart = bars_figure(kinds, counts, counts, "light")
    shown = [*chart.layout.yaxis.ticktext, bars_text(kinds, counts, counts)]
    assert all("‹U+202E›abc" in text and "\u202e" not in text for text in shown)
