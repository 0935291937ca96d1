"""Every chart has its words and its numbers: no page draws one without them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHARTS = sorted((ROOT / "core" / "charts").glob("*.py"))
DRAWING = {
    *("plotly_chart", "altair_chart", "vega_lite_chart", "pyplot", "graphviz_chart"),
    *("line_chart", "area_chart", "bar_chart", "scatter_chart", "map", "pydeck_chart", "image"),
}
"""What of Streamlit draws a picture."""


@pytest.mark.parametrize("file", CHARTS, ids=lambda file: file.stem)
def test_every_figure_has_words_and_a_table(file: Path) -> None:
    tree = ast.parse(file.read_text("utf-8"))
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    figures = {name.removesuffix("_figure") for name in names if name.endswith("_figure")}
    for kind in ("text", "table"):
        assert {f"{name}_{kind}" for name in figures} <= names


def test_the_charts_are_there() -> None:
    assert sum("_figure(" in file.read_text("utf-8") for file in CHARTS) > 10


def test_only_one_function_draws_a_chart() -> None:
    """`chart.show` asks for the words and the table, so nobody can leave them out."""
    drawn = {
        (file.stem, node.func.attr)
        for file in [ROOT / "app.py", *(ROOT / "pages").rglob("*.py")]
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in DRAWING
    }
    assert drawn == {("chart", "plotly_chart")}
