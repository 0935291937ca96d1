"""Two signals against each other: rows per cell, on a logarithmic scale; box and cell select."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pyarrow as pa

from core.charts.theme import FONT_SIZE, INKS, Theme, figure, mark_horizontal, mark_vertical
from core.charts.words import inside, narrow_title, sides_of, title_of
from core.schema import Floats, Ints
from core.views.results import Density

REACH = 12
"""Pixels from a cell's centre within which it is pointed at."""
HIDDEN = {"marker": {"opacity": 0}}


def density_figure(d: Density, theme: Theme) -> go.Figure:
    """Draw the grid; empty cells are left blank."""
    chart = figure(theme, {"title": narrow_title(d.x)}, {"title": narrow_title(d.y)}, height=440)
    chart.update_layout(dragmode="select", hovermode="closest", hoverdistance=REACH)
    chart.add_trace(cells(d, theme).update(hoverinfo="skip", hovertemplate=None))
    chart.add_trace(handles(d, d.counts, "%{customdata[4]:,} rows"))
    if sides_of(d.x) and d.x_edges[0] <= 0 <= d.x_edges[-1]:
        mark_vertical(chart, theme, 0.0)
    if sides_of(d.y) and d.y_edges[0] <= 0 <= d.y_edges[-1]:
        mark_horizontal(chart, theme, 0.0)
    return chart


def density_table(d: Density) -> pa.Table:
    """Return one row per cell that is not empty."""
    up, across = np.nonzero(d.counts)
    return pa.table(
        {
            f"{d.x} from": d.x_edges[across],
            f"{d.x} to": d.x_edges[across + 1],
            f"{d.y} from": d.y_edges[up],
            f"{d.y} to": d.y_edges[up + 1],
            "rows": d.counts[up, across],
        }
    )


def density_text(d: Density) -> str:
    """Return the chart in words: how many rows, and how often the two signs agree."""
    known = d.total - d.nulls
    text = (
        f"{title_of(d.x)} against {inside(title_of(d.y))}: {known:,} of {d.total:,} rows have both."
    )
    if not known:
        return text
    up, across = np.unravel_index(int(d.counts.argmax()), d.counts.shape)
    x, y = _centres(d.x_edges)[across], _centres(d.y_edges)[up]
    return f"{text} The fullest cell lies around {x:.3g} and {y:.3g}."


def cells(d: Density, theme: Theme) -> go.Heatmap:
    """Return the grid as a trace; empty cells are left blank."""
    counts = d.counts.astype(np.float64)
    counts[counts == 0] = np.nan
    ticks = _ticks(max(int(d.counts.max(initial=1)), 1))
    return go.Heatmap(
        x=d.x_edges.tolist(),
        y=d.y_edges.tolist(),
        z=[[None if np.isnan(v) else round(float(v), 3) for v in row] for row in np.log10(counts)],
        customdata=d.counts.tolist(),
        colorscale=list(INKS[theme].counts),
        zmin=0,
        colorbar={
            "title": {"text": "rows", "font": {"size": FONT_SIZE}},
            "tickvals": np.log10(ticks).round(3).tolist(),
            "ticktext": [f"{tick:,}" for tick in ticks],
            "thickness": 12,
            "outlinewidth": 0,
        },
        hovertemplate="around %{x:.3g} and %{y:.3g}: %{customdata:,} rows<extra></extra>",
    )


def _ticks(most: int) -> list[int]:
    """Return the powers of ten up to `most`, and `most` itself where it stands clear of them."""
    powers = [10**power for power in range(len(str(most)))]
    return [*powers, most] if most > 1.5 * powers[-1] else powers


def handles(d: Density, counts: Ints, said: str) -> go.Scatter:
    """Return an invisible mark in each cell that `counts` has rows in; `said` is its tip's end.

    A heat map can neither be brushed nor clicked. `customdata` holds the cell's ends of x and y,
    its rows in `d` and those in `counts`.
    """
    up, across = np.nonzero(counts)
    sides = (d.x_edges[across], d.x_edges[across + 1], d.y_edges[up], d.y_edges[up + 1])
    return go.Scatter(
        x=_centres(d.x_edges)[across],
        y=_centres(d.y_edges)[up],
        customdata=np.column_stack([*sides, d.counts[up, across], counts[up, across]]),
        mode="markers",
        marker={"opacity": 0},
        selected=HIDDEN,
        unselected=HIDDEN,
        hovertemplate=f"around %{{x:.3g}} and %{{y:.3g}}: {said}<extra></extra>",
    )


def _centres(edges: Floats) -> Floats:
    return (edges[:-1] + edges[1:]) / 2
