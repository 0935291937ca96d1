"""Every run's margins side by side: the same pairs, and scorers that disagree about them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import pyarrow as pa

from core.charts.letters import cut
from core.charts.theme import INKS, Theme, figure, plain
from core.views.results import Histogram, RunHistogram
from core.views.signals import EXPLICIT

COLUMNS = 3
ROW_HEIGHT = 190
GAP, LINE = 0.05, 0.34
"""Between columns, as a share of the width; between rows, as a share of a row's height."""
NAME_CHARS = 34
"""What fits above a histogram where three stand side by side at 1280 px."""


def compare_figure(runs: Sequence[RunHistogram], theme: Theme) -> go.Figure:
    """Draw one small histogram per run, each on its own scale; colours part at 0."""
    rows = -(-len(runs) // COLUMNS)
    chart = figure(theme, {}, {}, height=ROW_HEIGHT * max(rows, 1))
    for place, run in enumerate(runs):
        x, y = _place(chart, place, rows, theme)
        chart.add_trace(_bars(run.histogram, x, y, theme))
        chart.add_annotation(
            text=f"<b>{plain(cut(_name(run), NAME_CHARS))}</b><br>{_agreement(run)}",
            x=0,
            y=1,
            xref=f"{x} domain",
            yref=f"{y} domain",
            xanchor="left",
            yanchor="bottom",
            align="left",
            showarrow=False,
            font={"size": 12},
        )
    return chart


def compare_table(runs: Sequence[RunHistogram]) -> pa.Table:
    """Return one row per run: its rows, its median and how often it agrees with the label."""
    return pa.table(
        {
            "run": [_name(run) for run in runs],
            "rows": [run.histogram.total - run.histogram.nulls for run in runs],
            "median": [run.histogram.quantiles[0.5] for run in runs],
            "agreement": [run.agreement.value for run in runs],
            "from": [run.agreement.low for run in runs],
            "to": [run.agreement.high for run in runs],
        }
    )


def compare_text(runs: Sequence[RunHistogram]) -> str:
    """Return the chart in words."""
    return "; ".join(f"{_name(run)}: {_agreement(run)}" for run in runs) + "."


def _name(run: RunHistogram) -> str:
    return run.histogram.signal.removeprefix(f"{EXPLICIT}_")


def _agreement(run: RunHistogram) -> str:
    if run.agreement.value is None:
        return "always 0"
    return f"agrees with {run.agreement.value:.1%} of {run.agreement.n:,} labels"


def _place(chart: go.Figure, place: int, rows: int, theme: Theme) -> tuple[str, str]:
    """Give the histogram its own pair of axes; return their names."""
    row, column = divmod(place, COLUMNS)
    number = "" if place == 0 else str(place + 1)
    width, height = (1 - GAP * (COLUMNS - 1)) / COLUMNS, 1 / rows
    left, top = column * (width + GAP), 1 - row * height
    line = {"linecolor": INKS[theme].quiet, "zeroline": False}
    quiet = {**line, "showgrid": False, "nticks": 5, "ticks": ""}
    chart.update_layout(
        {
            f"xaxis{number}": {**quiet, "domain": [left, left + width], "anchor": f"y{number}"},
            f"yaxis{number}": {
                **quiet,
                "domain": [top - height * (1 - 0.18), top - height * LINE * 0.72],
                "anchor": f"x{number}",
                "showticklabels": False,
                "rangemode": "tozero",
            },
        }
    )
    return f"x{number}", f"y{number}"


def _bars(h: Histogram, x: str, y: str, theme: Theme) -> go.Bar:
    ink, centres = INKS[theme], (h.edges[:-1] + h.edges[1:]) / 2
    return go.Bar(
        x=centres.tolist(),
        y=h.series["all"].tolist(),
        width=np.diff(h.edges).tolist(),
        xaxis=x,
        yaxis=y,
        marker={
            "color": [ink.agrees if c >= 0 else ink.disagrees for c in centres],
            "line": {"width": 0},
        },
        hovertemplate="about %{x:.3g}: %{y:,} rows<extra></extra>",
    )
