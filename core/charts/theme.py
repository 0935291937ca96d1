"""How every chart looks: ink, palette and a quiet layout, explicit for light and dark pages.

Text from the data passes `plain` first: plotly reads a little HTML, links too, in names and labels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

import plotly.graph_objects as go

Theme = Literal["light", "dark"]
Setting = Mapping[str, object]

FONT_SIZE = 14
"""Of ticks and axis titles alike, in pixels: titles are not what a chart is read for."""

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
    """Okabe and Ito's colours, lightened for dark pages."""
    counts: tuple[str, str, str]
    """From few to many: one hue, told by lightness alone."""


INKS: dict[Theme, Ink] = {
    "light": Ink(
        text="#31333f",
        quiet="#6b6d76",
        grid="#e9eaee",
        agrees="#0072b2",
        disagrees="#d55e00",
        palette=(
            *("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b"),
            *("#56b4e9", "#31333f", "#7b4fa3", "#8c8f99"),
        ),
        counts=("#cfe3f3", "#0072b2", "#00213d"),
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
        counts=("#143c5c", "#56b4e9", "#f2fbff"),
    ),
}


def plain(text: str) -> str:
    """Return text that plotly shows letter by letter."""
    return escape(text, quote=False)


def figure(theme: Theme, x: Setting, y: Setting, height: int = 320) -> go.Figure:
    """Return an empty figure without template; `x` and `y` are settings of the two axes."""
    ink = INKS[theme]
    return go.Figure(
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
