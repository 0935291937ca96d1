"""Figures as JSON without template, their tables and their words."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import numpy as np
import plotly.graph_objects as go
import pyarrow as pa
import pytest

from core.charts.calibration import calibration_figure, calibration_table, calibration_text
from core.charts.density import density_figure, density_table, density_text
from core.charts.evidence import (
    evidence_figure,
    evidence_table,
    evidence_text,
    votes_figure,
    votes_table,
    votes_text,
)
from core.charts.histogram import histogram_figure, histogram_table, histogram_text
from core.charts.runs import (
    noise_figure,
    noise_table,
    noise_text,
    runs_figure,
    runs_table,
    runs_text,
)
from core.charts.theme import INKS, Theme, plain
from core.charts.words import axis_title, sides_of, title_of
from core.schema import NoiseRow
from core.views.results import (
    Calibration,
    Density,
    Evidence,
    Histogram,
    PairRow,
    RunHealth,
    Suspect,
    Vote,
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
RUNS = (
    RunHealth("alpha", "imported", None, ALPHA, 90, 100, share(70, 90), share(8, 10), False, 0.2),
    RunHealth(EVIL, "imported", "m", BETA, 50, 100, share(48, 50), share(0, 0), True, None),
)
NOISE = (
    NoiseRow("alpha", EVIL, 300, 0.2, 0.15, 0.26, 0.3, ""),
    NoiseRow("alpha", "other", 300, None, None, None, 0.4, "too weak"),
)
SUSPECT = Suspect(
    PairRow(1, "0" * 16, "made", "train", 1, None, "p", "c", "r", {}),
    0.9,
    (Evidence("alpha", -3.0, -1.5), Evidence(EVIL, 0.2, 0.4)),
    ("one of two runs prefers the rejected answer",),
    None,
)
VOTES = tuple(
    Vote(f"w{i}", None, winner, None if winner else "tie", None, None)
    for i, winner in enumerate(["chosen", "rejected", "rejected", None])
)

FIGURES: dict[str, Callable[[Theme], go.Figure]] = {
    "histogram": lambda theme: histogram_figure(PLAIN, theme),
    "histogram_slices": lambda theme: histogram_figure(SLICED, theme),
    "histogram_empty": lambda theme: histogram_figure(EMPTY, theme),
    "density": lambda theme: density_figure(GRID, theme),
    "calibration": lambda theme: calibration_figure(CALIBRATION, theme),
    "runs": lambda theme: runs_figure(RUNS, theme),
    "noise": lambda theme: noise_figure(NOISE, theme),
    "evidence": lambda theme: evidence_figure(SUSPECT, theme),
    "votes": lambda theme: votes_figure(VOTES, theme),
}
TABLES: dict[str, pa.Table] = {
    "histogram": histogram_table(PLAIN),
    "histogram_slices": histogram_table(SLICED),
    "density": density_table(GRID),
    "calibration": calibration_table(CALIBRATION),
    "runs": runs_table(RUNS),
    "noise": noise_table(NOISE),
    "evidence": evidence_table(SUSPECT),
    "votes": votes_table(VOTES),
}


def _json(figure: go.Figure) -> dict[str, object]:
    spec: dict[str, object] = json.loads(figure.to_json())
    assert set(spec["layout"].pop("template")) <= {"data"}
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
    assert set(re.findall(r"<[^>]*>", text)) <= {"<extra>", "</extra>", "<br>"}


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


def test_colour_is_never_the_only_carrier() -> None:
    lines = [(t["line"]["dash"], t["marker"]["symbol"]) for t in _data(SLICED)]
    assert len(set(lines)) == len(lines)
    bars = _json(evidence_figure(SUSPECT, "light"))["data"][0]["marker"]["pattern"]["shape"]
    assert bars == ["/", ""]


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
    assert TABLES["runs"]["agreement with gold"].to_pylist() == [0.8, None]
    assert TABLES["noise"]["at_most"].to_pylist() == [0.3, 0.4]
    assert TABLES["evidence"]["deviations"].to_pylist() == [-1.5, 0.4]
    assert TABLES["votes"].to_pydict() == {
        "side": ["chosen", "tie", "rejected"],
        "votes": [1, 1, 2],
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (histogram_text(PLAIN), "8 of 11 rows have a value, from -1 to 2"),
        (histogram_text(SLICED), "train 2"),
        (histogram_text(EMPTY), "Suspicion: none of 4 rows has a value."),
        (density_text(GRID), "25 of 27 rows have both. The fullest cell lies around -0.5 and 2.5."),
        (calibration_text(CALIBRATION), "25% of 4 labels are confirmed by gold"),
        (runs_text(RUNS), "alpha 78% (68% to 85%), with gold 80%"),
        (runs_text(()), "No run covers a row with a label."),
        (noise_text(NOISE), f"20% (15% to 26%) by alpha on {EVIL}. 1 of 2 estimates tell no rate."),
        (noise_text(()), "There is no run to estimate the noise from."),
        (evidence_text(SUSPECT), "alpha -1.5; "),
        (votes_text(VOTES), "Of 4 votes 1 went to chosen, 2 to rejected, 1 for neither."),
    ],
)
def test_charts_in_words(text: str, words: str) -> None:
    assert words in text


def test_words_of_columns() -> None:
    assert title_of(ALPHA) == "Explicit margin of alpha"
    assert axis_title("length_delta_chars") == "Length difference (characters)"
    assert axis_title("a<b") == "a&lt;b"
    assert sides_of("suspicion") is None
    assert sides_of("length_ratio") == ("rejected is longer", "chosen is longer")
    assert plain("<i> & co") == "&lt;i&gt; &amp; co"
