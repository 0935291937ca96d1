"""A signal's histogram and the grid of two: filled is what the filter keeps, outlined is all."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pyarrow as pa

from core.charts.density import REACH, density_table, handles
from core.charts.theme import (
    FONT_SIZE,
    INKS,
    Setting,
    Theme,
    figure,
    mark_horizontal,
    mark_sides,
    mark_vertical,
)
from core.charts.words import inside, narrow_title, sides_of, title_of
from core.schema import Bools, Floats, Ints
from core.views.crossfilter import Counted, Panels
from core.views.results import Density

Ends = tuple[float | None, float | None]
"""Least and greatest value that the filter keeps, None where it sets none."""

HEIGHT = 260
MARGIN = {"autoexpand": False, "l": 64, "r": 92, "t": 32, "b": 56}
"""Given, since plotly draws a chart twice where it finds out itself."""
READABLE = 0.15
"""Share of the outline's height below which filled bars can hardly be told apart."""


def shrink(everything: Ints, kept: Ints) -> int:
    """Return 1, 2, 5, 10, 20, …: what the outline is divided by, so that few kept rows show."""
    most, filled = int(everything.max(initial=0)), int(kept.max(initial=0))
    return round_number(most // filled) if 0 < filled < READABLE * most else 1


def round_number(fold: int) -> int:
    """Return the greatest of 1, 2, 5, 10, 20, … up to `fold`, which is 1 at least."""
    unit = int("1".ljust(len(str(fold)), "0"))
    return max(number for number in (unit, 2 * unit, 5 * unit) if number <= fold)


def linked_figure(
    signal: str, edges: Floats, everything: Ints, kept: Ints, ends: Ends, theme: Theme
) -> go.Figure:
    """Draw filled bars of the kept rows under an outline of all rows; `ends` are dashed lines."""
    rows: Setting = {"title": "rows", "tickformat": "~s", "rangemode": "tozero"}
    chart = figure(theme, {"title": narrow_title(signal)}, rows, HEIGHT)
    chart.update_layout(dragmode="select", selectdirection="h", bargap=0, hovermode="x")
    chart.update_layout(showlegend=True, margin={**MARGIN, "t": 56, "r": 8}, legend={"y": 1.12})
    chart.add_trace(_bars(edges, everything, kept, theme))
    chart.add_trace(_outline(edges, everything, shrink(everything, kept), theme))
    sides = sides_of(signal)
    if sides and edges[0] <= 0 <= edges[-1]:
        mark_sides(chart, theme, *sides)
    for end in ends:
        if end is not None and edges[0] <= end <= edges[-1]:
            mark_vertical(chart, theme, end, "dash")
    return chart


def linked_table(edges: Floats, everything: Ints, kept: Ints) -> pa.Table:
    """Return one row per bin."""
    return pa.table({"from": edges[:-1], "to": edges[1:], "kept": kept, "all rows": everything})


def linked_text(signal: str, edges: Floats, everything: Ints, kept: Ints) -> str:
    """Return the histogram in words: how many are kept, and where they and all lie most."""
    title = title_of(signal)
    if not everything.sum():
        return f"{title}: no row has a value."
    text = f"{title}: {kept.sum():,} of {everything.sum():,} rows with a value are kept."
    if not kept.sum():
        return text
    here, there = _fullest(edges, kept), _fullest(edges, everything)
    same = here == there
    return f"{text} Most kept rows lie around {here}, {'as do' if same else 'most of'} all rows" + (
        "." if same else f" around {there}."
    )


def grid_figure(p: Panels, everything: Counted, kept: Counted, theme: Theme) -> go.Figure:
    """Draw kept rows per cell, and a line around the cells where any row is."""
    seen = _density(p, kept)
    x, y = {"title": narrow_title(p.x)}, {"title": narrow_title(p.y)}
    chart = figure(theme, x, y, height=360)
    chart.update_layout(dragmode="select", hovermode="closest", hoverdistance=REACH, margin=MARGIN)
    chart.add_trace(_cells(seen, theme))
    chart.add_trace(_border(seen, everything.cells > 0, theme))
    tip = "%{customdata[4]:,.0f} kept of %{customdata[5]:,.0f} rows"
    chart.add_trace(handles(seen, everything.cells, tip))
    if sides_of(p.x) and seen.x_edges[0] <= 0 <= seen.x_edges[-1]:
        mark_vertical(chart, theme, 0.0)
    if sides_of(p.y) and seen.y_edges[0] <= 0 <= seen.y_edges[-1]:
        mark_horizontal(chart, theme, 0.0)
    return chart


def grid_table(p: Panels, everything: Counted, kept: Counted) -> pa.Table:
    """Return one row per cell with any row: how many are kept, and of how many."""
    table = density_table(_density(p, everything))
    up, across = np.nonzero(everything.cells)
    return table.rename_columns([*table.column_names[:-1], "all rows"]).append_column(
        "kept", pa.array(kept.cells[up, across])
    )


def grid_text(p: Panels, everything: Counted, kept: Counted) -> str:
    """Return the grid in words."""
    reached, filled = np.count_nonzero(everything.cells), np.count_nonzero(kept.cells)
    return (
        f"{title_of(p.x)} against {inside(title_of(p.y))}: {kept.cells.sum():,} of "
        f"{everything.cells.sum():,} rows with both are kept, in {filled:,} of {reached:,} cells; "
        "a line runs around the cells of all rows."
    )


def _bars(edges: Floats, everything: Ints, kept: Ints, theme: Theme) -> go.Bar:
    sides = np.stack([edges[:-1], edges[1:]], axis=1)
    full = {"marker": {"opacity": 1.0}}
    # Arrays, not lists: plotly looks at every item of a list, which took longer than the counting.
    return go.Bar(
        x=sides.mean(axis=1),
        y=kept,
        width=np.diff(edges),
        name=f"kept ({kept.sum():,})",
        customdata=np.column_stack([sides, everything]),
        marker={"color": INKS[theme].palette[0], "line": {"width": 0}},
        # A brush is drawn as a condition's lines: nothing fades while it is applied.
        selected=full,
        unselected=full,
        hovertemplate=(
            "%{customdata[0]:.3g} to %{customdata[1]:.3g}: "
            "%{y:,} kept of %{customdata[2]:,.0f} rows<extra></extra>"
        ),
    )


def _outline(edges: Floats, counts: Ints, divided: int, theme: Theme) -> go.Scatter:
    heights = np.concatenate([[0.0], np.repeat(counts / divided, 2), [0.0]])
    divisor = f" ÷ {divided:,}" if divided > 1 else ""
    return go.Scatter(
        x=np.repeat(edges, 2),
        y=heights,
        mode="lines",
        name=f"all rows ({counts.sum():,}){divisor}",
        line={"color": INKS[theme].text, "width": 1.25},
        hoverinfo="skip",
    )


def _cells(d: Density, theme: Theme) -> go.Heatmap:
    """Return kept rows per cell on a logarithmic scale, as arrays; empty cells are left blank."""
    logs = np.full(d.counts.shape, np.nan, np.float32)
    np.log10(d.counts, out=logs, where=d.counts > 0, casting="unsafe")
    most = max(int(d.counts.max(initial=1)), 1)
    powers = [10**power for power in range(len(str(most)))]
    ticks = [*powers, most] if most > 1.5 * powers[-1] else powers
    return go.Heatmap(
        x=d.x_edges,
        y=d.y_edges,
        z=logs,
        colorscale=list(INKS[theme].counts),
        zmin=0,
        colorbar={
            "title": {"text": "rows", "font": {"size": FONT_SIZE}},
            "tickvals": np.log10(ticks).tolist(),
            "ticktext": [f"{tick:,}" for tick in ticks],
            "thickness": 12,
            "outlinewidth": 0,
        },
        hoverinfo="skip",
    )


def _border(d: Density, reached: Bools, theme: Theme) -> go.Scatter:
    """Return the sides of cells that part reached cells from the others, as one broken line."""
    framed = np.pad(reached, 1)
    up, across = np.nonzero(framed[1:-1, 1:] != framed[1:-1, :-1])
    over, along = np.nonzero(framed[1:, 1:-1] != framed[:-1, 1:-1])
    x = [(d.x_edges[across], d.x_edges[across]), (d.x_edges[along], d.x_edges[along + 1])]
    y = [(d.y_edges[up], d.y_edges[up + 1]), (d.y_edges[over], d.y_edges[over])]
    return go.Scatter(
        x=_broken(x),
        y=_broken(y),
        mode="lines",
        line={"color": INKS[theme].quiet, "width": 1},
        hoverinfo="skip",
    )


def _broken(ends: list[tuple[Floats, Floats]]) -> Floats:
    """Return starts and ends of lines in turn, a gap behind each."""
    gaps = [np.stack([start, end, np.full(len(start), np.nan)], axis=1) for start, end in ends]
    return np.concatenate(gaps).ravel()


def _density(p: Panels, counts: Counted) -> Density:
    nulls = counts.total - int(counts.cells.sum())
    up, across = (
        bins.n // cells for bins, cells in zip((p.up, p.across), counts.cells.shape, strict=True)
    )
    x_edges, y_edges = p.across.edges[::across], p.up.edges[::up]
    return Density(p.x, p.y, x_edges, y_edges, counts.cells, nulls, counts.total)


def _fullest(edges: Floats, counts: Ints) -> str:
    place = int(counts.argmax())
    return f"{(edges[place] + edges[place + 1]) / 2:.3g}"
