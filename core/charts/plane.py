"""The plane of implicit and explicit margins, its quadrants named, and the line of the cut.

What is dropped is faded and lies below the line: position says it too, not colour alone.
"""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pyarrow as pa

from core.charts.density import cells, density_table
from core.charts.theme import INKS, Theme, figure, mark_horizontal, mark_vertical
from core.schema import Floats
from core.views.plane import QUADRANTS, Cut, Plane

POINTS = 60
"""Of the line's edge; it is clipped at the plane's, so two would not do."""
FADED: dict[Theme, str] = {"light": "rgba(255,255,255,0.66)", "dark": "rgba(14,17,23,0.66)"}


def plane_figure(p: Plane, c: Cut, theme: Theme) -> go.Figure:
    """Draw rows per cell; the line lambda·x + cut parts what is kept from what is dropped."""
    d = p.density
    x = {"title": "implicit margin, size (z-score)", "range": _ends(d.x_edges)}
    y = {"title": "explicit margin (z-score)", "range": _ends(d.y_edges)}
    chart = figure(theme, x, y, height=460)
    chart.update_layout(dragmode=False, hovermode="closest")
    chart.add_trace(cells(d, theme))
    chart.update_traces(hovertemplate="implicit %{x:.2f}, explicit %{y:.2f}: %{customdata:,} rows")
    mark_vertical(chart, theme, 0.0, "dot")
    mark_horizontal(chart, theme, 0.0, "dot")
    if c.value is not None and any(p.quadrants):
        for trace in _line(p, c, c.value, theme):
            chart.add_trace(trace)
    _name_quadrants(chart, theme)
    return chart


def plane_table(p: Plane, c: Cut) -> pa.Table:
    """Return one row per cell that is not empty, and whether its middle is kept."""
    table, d = density_table(p.density), p.density
    up, across = np.nonzero(d.counts)
    x, y = ((edges[:-1] + edges[1:]) / 2 for edges in (d.x_edges, d.y_edges))
    kept = (
        np.zeros(len(up), np.bool_)
        if c.value is None
        else y[up] - c.logp_weight * x[across] >= c.value
    )
    names = ("implicit from", "implicit to", "explicit from", "explicit to", "rows")
    return table.rename_columns(names).append_column("middle is kept", pa.array(kept))


def plane_text(p: Plane, c: Cut) -> str:
    """Return the plane in words: its quadrants and what the line keeps."""
    d = p.density
    known = d.total - d.nulls
    if not known:
        return f"None of {d.total:,} rows has both margins."
    shares = ", ".join(
        f"{name} {n / known:.0%}" for name, n in zip(QUADRANTS, p.quadrants, strict=True)
    )
    text = f"{known:,} of {d.total:,} rows have both margins: {shares}."
    far = f" {p.beyond:,} lie further out than the edge and stand at it." if p.beyond else ""
    return f"{text}{far} {_cut_text(c)}"


def _cut_text(c: Cut) -> str:
    if c.value is None:
        return "So small a share keeps no row."
    return (
        f"On or above the line explicit = {c.logp_weight:g} · implicit {_signed(c.value)} lie "
        f"{c.kept:,} of {c.known:,} rows ({c.kept / c.known:.1%}): they are kept."
    )


def _signed(value: float) -> str:
    return f"{'−' if value < 0 else '+'} {abs(value):.3g}"


def _ends(edges: Floats) -> list[float]:
    return [float(edges[0]), float(edges[-1])]


def _line(p: Plane, c: Cut, value: float, theme: Theme) -> tuple[go.Scatter, go.Scatter]:
    """Return what fades the dropped side, and the line itself."""
    x = np.linspace(p.density.x_edges[0], p.density.x_edges[-1], POINTS)
    low, high = _ends(p.density.y_edges)
    y = c.logp_weight * x + value
    edge = np.clip(y, low, high)
    fade = go.Scatter(
        x=[*x.tolist(), float(x[-1]), float(x[0])],
        y=[*edge.tolist(), low, low],
        mode="lines",
        fill="toself",
        fillcolor=FADED[theme],
        line={"width": 0},
        hoverinfo="skip",
    )
    line = go.Scatter(
        x=x.tolist(),
        y=y.tolist(),
        mode="lines",
        line={"color": INKS[theme].text, "width": 2.5},
        hovertemplate="the cut: explicit %{y:.2f} at implicit %{x:.2f}<extra></extra>",
    )
    return fade, line


def _name_quadrants(chart: go.Figure, theme: Theme) -> None:
    corners = ((0, 1), (1, 1), (0, 0), (1, 0))
    for name, (x, y) in zip(QUADRANTS, corners, strict=True):
        chart.add_annotation(
            text=name.replace(" ", "<br>"),
            align="right" if x else "left",
            x=x,
            y=y,
            xref="paper",
            yref="paper",
            xanchor="right" if x else "left",
            yanchor="top" if y else "bottom",
            xshift=-4 if x else 4,
            yshift=-4 if y else 4,
            showarrow=False,
            bgcolor=FADED[theme],
            font={"color": INKS[theme].text, "size": 13},
        )
