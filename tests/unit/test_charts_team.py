"""Charts of Team as JSON without template, their tables and their words."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import plotly.graph_objects as go
import pytest

from core.charts.alpha import alpha_figure, alpha_table, alpha_text
from core.charts.audit import audit_figure, audit_table, audit_text
from core.charts.theme import Theme
from core.charts.worked import MOST_DAYS, MOST_PEOPLE, worked_figure, worked_table, worked_text
from core.signals.agreement import Agreement
from core.views.team import Agreed, AuditPoint, Worked
from tests.unit.test_charts_figures import EVIL, GOLDEN, _json

NONE = Agreement("krippendorff_alpha", None, None, None, 3, 6, 2, "Not defined because of this.")
ALPHA = Agreement("krippendorff_alpha", 0.41, 0.2, 0.6, 40, 90, 3)
KAPPA = replace(ALPHA, statistic="cohen_kappa", value=0.5, low=0.3, high=0.7)
ROWS = (
    Agreed("all", "All votes", ALPHA, KAPPA),
    Agreed("source", EVIL, replace(ALPHA, value=-0.25, low=-0.5, high=0.1), NONE),
    Agreed("queue", "audit", replace(ALPHA, low=None, high=None, why="Nearly all alike."), KAPPA),
)
DAY = 20_000
POINTS = (
    AuditPoint(DAY * 86_400_000_000, 10, 0.2, 0.05, 0.5, 0.6),
    AuditPoint((DAY + 1) * 86_400_000_000, 40, 0.1, 0.05, 0.18, 0.45),
)
WORKED = (
    Worked("ann", 30, 0, 60.0, ((DAY, 10), (DAY + 3, 20))),
    Worked(EVIL, 5, 0, None, ((DAY + 1, 5),)),
)
FIGURES: dict[str, Callable[[Theme], go.Figure]] = {
    "alpha": lambda theme: alpha_figure(ROWS, theme),
    "audit": lambda theme: audit_figure(POINTS, theme),
    "worked": lambda theme: worked_figure(WORKED, theme),
}


@pytest.mark.parametrize("theme", get_args(Theme))
@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_the_golden_ones(name: str, theme: Theme) -> None:
    golden = GOLDEN / f"team_{name}_{theme}.json"
    text = json.dumps(_json(FIGURES[name](theme)), indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text, "utf-8", newline="\n")
    assert text == golden.read_text("utf-8")


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_of_the_data_is_html(name: str) -> None:
    text = json.dumps(_json(FIGURES[name]("light")), ensure_ascii=False)
    assert set(re.findall(r"<[^>]*>", text)) <= {"<extra>", "</extra>", "<br>"}


def test_what_is_not_defined_has_no_mark() -> None:
    alphas, kappas = _json(alpha_figure(ROWS, "light"))["data"]
    assert alphas["x"] == [0.41, -0.25, 0.41]
    assert kappas["x"] == [0.5, 0.5]
    assert alphas["error_x"]["array"][2] == 0
    low, high = _json(alpha_figure(ROWS, "light"))["layout"]["xaxis"]["range"]
    assert low < -0.5
    assert high > 1


def test_colour_is_never_the_only_carrier() -> None:
    for name in ("alpha", "audit"):
        marks = [
            t["marker"]["symbol"] for t in _json(FIGURES[name]("light"))["data"] if "marker" in t
        ]
        assert len(set(marks)) == len(marks) == 2
    bars = _json(FIGURES["worked"]("light"))["data"]
    shapes = [tuple(bar["marker"]["pattern"]["shape"]) for bar in bars]
    assert len(set(shapes)) == len(shapes)


def test_tables_hold_the_numbers() -> None:
    agreed = alpha_table(ROWS).to_pylist()
    assert agreed[1]["κ"] is None
    assert agreed[1]["κ, why not"] == "Not defined because of this."
    assert (agreed[0]["Krippendorff's α, low"], agreed[0]["pairs judged twice"]) == (0.2, 40)
    assert audit_table(POINTS)["noise rate"].to_pylist() == [0.2, 0.1]
    assert audit_table(POINTS)["until, UTC"][0].as_py() == "2024-10-04 00:00"
    days = worked_table(WORKED).to_pydict()
    assert days["ann"] == [10, 0, 0, 20]
    assert days[EVIL] == [0, 5, 0, 0]


def test_words_say_the_number_and_its_interval() -> None:
    assert alpha_text(ROWS).startswith(
        "All votes: Krippendorff's α 0.41 (0.20 to 0.60); Cohen's κ 0.50 (0.30 to 0.70)."
    )
    assert "Least agreement: <b>evil" in alpha_text(ROWS)
    assert "without an interval" in alpha_text(ROWS[2:])
    assert "not defined because of this" in alpha_text((Agreed("all", "All", NONE, NONE),))
    assert audit_text(POINTS) == (
        "The noise rate is 10.0% (5.0% to 18.0%) after 40 judged pairs; "
        "after the first 10 it was 20.0% (5.0% to 50.0%)."
    )
    assert (
        audit_text(POINTS[:1]) == "The noise rate is 20.0% (5.0% to 50.0%) after 10 judged pairs."
    )
    assert worked_text(WORKED) == "35 answers on 3 days, 12 a day; most by ann: 30."


def test_nothing_is_said_of_nothing() -> None:
    assert alpha_text(()) == "There are no votes yet."
    assert audit_text(()) == "No rate is known yet."
    assert worked_text(()) == "Nobody has answered yet."
    assert worked_table(()).num_rows == 0


def test_many_people_and_days_are_cut() -> None:
    many = tuple(
        Worked(f"p{i:02}", i, 0, None, ((DAY - 500, 1), (DAY, i - 1))) for i in range(1, 13)
    )
    bars = _json(worked_figure(many, "light"))["data"]
    assert [bar["name"] for bar in bars][-1] == "4 others"
    assert len(bars) == MOST_PEOPLE + 1
    assert len(bars[0]["x"]) == MOST_DAYS


def test_people_whose_names_are_those_of_columns_keep_their_own() -> None:
    table = worked_table((replace(WORKED[0], person="day, UTC"), WORKED[1]))
    assert table.num_columns == 3
