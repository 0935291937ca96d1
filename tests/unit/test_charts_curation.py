"""Figures of an export's steps and shares as JSON, in both themes; their tables and words."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from typing import get_args

import plotly.graph_objects as go
import pytest

from core.charts.curation import Step, Steps, steps_figure, steps_table, steps_text
from core.charts.shares import MOST, OTHERS, Cell, parts_figure, parts_table, parts_text
from core.charts.theme import INKS, Theme
from tests.unit.test_charts_figures import EVIL, GOLDEN
from tests.unit.test_charts_figures import _json as as_json

STEPS = Steps(200, (Step("Ties: nobody named a winner", 20), Step(EVIL, 100)), 80)
NOTHING = Steps(0, (), 0)
CELLS = (
    Cell("train", "big", 90),
    Cell("train", EVIL, 6),
    Cell("test", "big", 10),
    Cell("test", EVIL, 4),
)
MANY = tuple(Cell("train", f"source {i:02}", 20 - i) for i in range(MOST + 3))

FIGURES: dict[str, Callable[[Theme], go.Figure]] = {
    "curation_steps": lambda theme: steps_figure(STEPS, theme),
    "curation_steps_none": lambda theme: steps_figure(NOTHING, theme),
    "curation_parts": lambda theme: parts_figure(CELLS, theme),
    "curation_parts_many": lambda theme: parts_figure(MANY, theme),
    "curation_parts_none": lambda theme: parts_figure((), theme),
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
    assert set(re.findall(r"<[^>]*>", text)) <= {"<extra>", "</extra>"}


@pytest.mark.parametrize("name", FIGURES)
def test_the_page_is_the_background_and_its_ink_writes(name: str) -> None:
    layout = as_json(FIGURES[name]("dark"))["layout"]
    assert layout["paper_bgcolor"] == layout["plot_bgcolor"] == "rgba(0,0,0,0)"
    assert layout["font"]["color"] == INKS["dark"].text


def test_each_step_begins_where_the_one_before_ended() -> None:
    (bars,) = as_json(steps_figure(STEPS, "light"))["data"]
    assert bars["base"] == [0, 180, 80, 0]
    assert bars["x"] == [200, 20, 100, 80]
    # What is left out is told by its pattern too, not by colour alone.
    assert bars["marker"]["pattern"]["shape"] == ["", "/", "/", ""]


def test_steps_as_a_table_and_in_words() -> None:
    table = steps_table(STEPS).to_pylist()
    assert [(row["left out"], row["left after it"]) for row in table] == [
        *((0, 200), (20, 180), (100, 80))
    ]
    assert steps_text(STEPS).startswith("80 of 200 rows would be written; left out: Ties")
    assert steps_text(NOTHING) == "0 of 0 rows would be written; nothing is left out."


def test_shares_of_a_group_are_of_its_own_rows() -> None:
    train, test = as_json(parts_figure(CELLS, "light"))["data"]
    assert (train["x"], test["x"]) == ([0.9, 0.6], [0.1, 0.4])
    # Colour alone tells no part: each of its bars has its pattern.
    assert [bars["marker"]["pattern"]["shape"] for bars in (train, test)] == [["", ""], ["/", "/"]]


def test_parts_as_a_table_hold_every_row() -> None:
    table = parts_table(MANY, "source")
    assert table.num_rows == len(MANY)
    assert sum(table["train"].to_pylist()) == sum(cell.rows for cell in MANY)
    assert parts_table((), "source").num_rows == 0


def test_the_rarest_of_many_groups_stand_together() -> None:
    (bars,) = as_json(parts_figure(MANY, "light"))["data"]
    assert len(bars["x"]) == MOST
    ends = as_json(parts_figure(MANY, "light"))["layout"]["yaxis"]["ticktext"]
    together = sum(cell.rows for cell in MANY[MOST - 1 :])
    assert ends[-1] == f"{OTHERS} ({together})"


def test_the_words_name_the_group_that_is_furthest_from_all() -> None:
    said = parts_text(CELLS, "source")
    assert said.startswith("All rows: train 96 (87.3%), test 14 (12.7%).")
    assert "Furthest from that is the source <b>evil</b>" in said
    assert said.endswith("train 6 (60.0%), test 4 (40.0%).")
    assert parts_text(CELLS[:1], "source") == "All rows: train 90 (100.0%)."
    assert parts_text((), "source") == "No row is left."
