"""How every chart looks: ink, palette and a quiet layout, explicit for light and dark pages.

Text from the data passes `plain` first: plotly reads a little HTML, links too, in names and labels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

import plotly.graph_objects as go

from core.charts.letters import visible

Theme = Literal["light", "dark"]
Setting = Mapping[str, object]

FONT_SIZE = 14
"""Of ticks and axis titles alike, in pixels: titles are not what a chart is read for."""

SELECTS: Setting = {"layout": {"dragmode": "select"}}
"""Template of a chart in which a drag draws a box."""

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "cross", "star", "hexagon", "bowtie")
"""Second carriers besides colour: a line keeps its dash and symbol in both themes."""


@dataclass(frozen=True)
class Ink:
    """Colours of a theme."""

    text: str
    quiet: str
    """Of zero lines and notes."""
    grid: str
    agrees: str
    disagrees: str
    palette: tuple[str, ...]
    """Okabe and Ito's colours, lightened for dark pages; one is darkened for light ones."""
    counts: tuple[str, str, str]
    """From few to many: one hue, told by lightness alone; few are seen too."""


INKS: dict[Theme, Ink] = {
    "light": Ink(
        text="#31333f",
        quiet="#6b6d76",
        grid="#e9eaee",
        agrees="#0072b2",
        disagrees="#d55e00",
        palette=(
            *("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b"),
            *("#3d94c9", "#31333f", "#7b4fa3", "#8c8f99"),
        ),
        counts=("#5b9acb", "#005f97", "#00213d"),
    ),
    "dark": Ink(
        text="#fafafa",
        quiet="#a9abb5",
        grid="#2b2e3a",
        agrees="#56b4e9",
        disagrees="#ff8c42",
        palette=(
            *("#56b4e9", "#ff8c42", "#2fd0a0", "#e59cc4", "#f0e442"),
            *("#8ab4ff", "#fafafa", "#c19be8", "#a9abb5"),
        ),
        counts=("#2a6a98", "#7cc4ee", "#f2fbff"),
    ),
}


class Figure(go.Figure):  # type: ignore[misc]  # plotly has no types
    """A figure that says in its own way that a drag selects, so that a click can do so too.

    Streamlit lets no click select where a layout's `dragmode` is "select". Plotly reads a mode that
    it does not know from the template.
    """

    def to_dict(self) -> dict[str, Any]:
        """Return what is sent to the browser."""
        spec: dict[str, Any] = super().to_dict()
        if spec["layout"].get("dragmode") == "select":
            spec["layout"] |= {"dragmode": "template", "template": SELECTS}
        return spec


def drawn_for(chart: go.Figure, asked: Sequence[str]) -> go.Figure:
    """Return the chart, told apart from one of the same numbers that was asked for otherwise.

    So what was dragged or clicked in that one is forgotten. On the same chart it would stay, and
    the next drag would move it, the next click be none.
    """
    return chart.update_layout(meta=list(asked))


def plain(text: str) -> str:
    """Return text that plotly shows letter by letter."""
    return escape(visible(text), quote=False)


def figure(theme: Theme, x: Setting, y: Setting, height: int = 320) -> go.Figure:
    """Return an empty figure without template; `x` and `y` are settings of the two axes."""
    ink = INKS[theme]
    return Figure(
        layout={
            "template": go.layout.Template(),
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": "Source Sans, sans-serif", "size": FONT_SIZE, "color": ink.text},
            "hoverlabel": {"font": {"size": FONT_SIZE}},
            "margin": {"l": 8, "r": 8, "t": 32, "b": 8},
            "height": height,
            "showlegend": False,
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
            "xaxis": _axis(ink, {"showgrid": False, **x}),
            "yaxis": _axis(ink, y),
        }
    )


def _axis(ink: Ink, setting: Setting) -> Setting:
    return {
        "gridcolor": ink.grid,
        "linecolor": ink.quiet,
        "zeroline": False,
        "automargin": True,
        "ticks": "outside",
        "tickcolor": ink.grid,
        **setting,
        "title": {"text": setting.get("title"), "font": {"size": FONT_SIZE}},
    }


def hatch(shapes: Sequence[str], theme: Theme) -> Setting:
    """Return a bar's pattern: fine enough to leave words on it readable."""
    lines = {"light": "#ffffff", "dark": "#0e1117"}[theme]
    return {"shape": list(shapes), "fillmode": "overlay", "fgcolor": lines, "solidity": 0.12}


def mark_vertical(chart: go.Figure, theme: Theme, x: float, dash: str = "solid") -> None:
    """Draw a quiet vertical line through the whole plot."""
    line = {"color": INKS[theme].quiet, "width": 1.5, "dash": dash}
    chart.add_shape(type="line", x0=x, x1=x, y0=0, y1=1, yref="paper", line=line)


def mark_horizontal(chart: go.Figure, theme: Theme, y: float, dash: str = "solid") -> None:
    """Draw a quiet horizontal line through the whole plot."""
    line = {"color": INKS[theme].quiet, "width": 1.5, "dash": dash}
    chart.add_shape(type="line", y0=y, y1=y, x0=0, x1=1, xref="paper", line=line)


def mark_sides(chart: go.Figure, theme: Theme, left: str, right: str, x: float = 0.0) -> None:
    """Write what lies left and right of a vertical line, above the plot."""
    mark_vertical(chart, theme, x)
    for text, anchor in ((f"← {left}", "right"), (f"{right} →", "left")):
        chart.add_annotation(
            text=text,
            x=x,
            y=1,
            yref="paper",
            xanchor=anchor,
            yanchor="bottom",
            xshift=-6 if anchor == "right" else 6,
            showarrow=False,
            font={"color": INKS[theme].quiet, "size": 13},
        )
