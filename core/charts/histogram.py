"""The distribution of one signal: bars, or one stepped line per slice; box and bin select."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pyarrow as pa

from core.charts.theme import (
    DASHES,
    INKS,
    SYMBOLS,
    Theme,
    figure,
    hatch,
    mark_sides,
    plain,
)
from core.charts.words import axis_title, sides_of, title_of
from core.schema import Floats, Ints
from core.views.results import Histogram


def histogram_figure(h: Histogram, theme: Theme) -> go.Figure:
    """Draw counts per bin, or per slice the share of the slice's rows in each bin."""
    sliced = tuple(h.series) != ("all",)
    y = (
        {"title": "share of the slice's rows", "tickformat": ".0%"}
        if sliced
        else {"title": "rows", "tickformat": ","}
    )
    chart = figure(theme, {"title": axis_title(h.signal)}, {**y, "rangemode": "tozero"})
    # A bin is pointed at from above it too: in the tails bars are too low to be met.
    chart.update_layout(dragmode="select", selectdirection="h", bargap=0, hovermode="x")
    if sliced:
        chart.update_layout(hovermode="closest")
        for place, (name, counts) in enumerate(h.series.items()):
            chart.add_trace(_steps(h.edges, name, counts, place, theme))
        chart.update_layout(showlegend=True, height=360)
        chart.update_layout(margin={"t": 56}, legend={"y": 1.1})
    else:
        chart.add_trace(_bars(h.edges, h.series["all"], theme))
    if h.reversed is not None:
        _mark_reversed(chart, h, h.reversed, sliced, theme)
    sides = sides_of(h.signal)
    if sides and h.edges[0] <= 0 <= h.edges[-1]:
        mark_sides(chart, theme, *sides)
    return chart


def histogram_table(h: Histogram) -> pa.Table:
    """Return one row per bin: its edges and every slice's count."""
    edges = {"from": h.edges[:-1], "to": h.edges[1:]}
    counts = {"rows" if name == "all" else name: values for name, values in h.series.items()}
    marked = {} if h.reversed is None else {"reversed by gold": h.reversed}
    return pa.table({**edges, **counts, **marked})


def histogram_text(h: Histogram) -> str:
    """Return the chart in words."""
    title, known = title_of(h.signal), h.total - h.nulls
    if not known:
        return f"{title}: none of {h.total:,} rows has a value."
    q = h.quantiles
    text = (
        f"{title}: {known:,} of {h.total:,} rows have a value, from {h.edges[0]:.3g} to "
        f"{h.edges[-1]:.3g}; the middle half lies between {q[0.25]:.3g} and {q[0.75]:.3g}, "
        f"the median is {q[0.5]:.3g}."
    )
    if h.reversed is not None:
        text += f" Gold calls {h.reversed.sum():,} of these labels reversed{_where(h)}."
    slices = ", ".join(f"{name} {counts.sum():,}" for name, counts in h.series.items())
    return text if tuple(h.series) == ("all",) else f"{text} Rows per slice: {slices}."


def _where(h: Histogram) -> str:
    """Say on which side of 0 the reversed labels lie, where 0 parts the sides."""
    if h.reversed is None or sides_of(h.signal) is None:
        return ""
    below = h.reversed[(h.edges[:-1] + h.edges[1:]) / 2 < 0].sum()
    return f", {below / h.reversed.sum():.0%} of them below 0"


def _mark_reversed(
    chart: go.Figure, h: Histogram, counts: Ints, sliced: bool, theme: Theme
) -> None:
    """Draw the rows that gold calls reversed: hatched and outlined, over what is there."""
    ink, sides = INKS[theme], np.stack([h.edges[:-1], h.edges[1:]], axis=1)
    n = int(counts.sum())
    tips = "rows that gold calls reversed<extra></extra>"
    chart.add_trace(
        go.Bar(
            x=sides.mean(axis=1).tolist(),
            y=(counts / n if sliced else counts).tolist(),
            width=np.diff(h.edges).tolist(),
            name=f"gold: reversed ({n:,})",
            customdata=np.concatenate([sides, counts[:, None]], axis=1).tolist(),
            marker={
                "color": ink.disagrees,
                "line": {"width": 1, "color": ink.text},
                "pattern": hatch(["/"] * len(counts), theme),
            },
            opacity=0.6 if sliced else 1.0,
            hovertemplate=(
                "%{customdata[0]:.3g} to %{customdata[1]:.3g}: %{customdata[2]:,.0f} " + tips
            ),
        )
    )
    chart.data[0].update(name=chart.data[0].name or f"all rows ({h.total - h.nulls:,})")
    chart.update_layout(barmode="overlay", showlegend=True)
    chart.update_layout(height=360, margin={"t": 56}, legend={"y": 1.1})


def _bars(edges: Floats, counts: Ints, theme: Theme) -> go.Bar:
    sides = np.stack([edges[:-1], edges[1:]], axis=1)
    return go.Bar(
        x=sides.mean(axis=1).tolist(),
        y=counts.tolist(),
        width=np.diff(edges).tolist(),
        customdata=sides.tolist(),
        marker={"color": INKS[theme].palette[0], "line": {"width": 0}},
        hovertemplate="%{customdata[0]:.3g} to %{customdata[1]:.3g}: %{y:,} rows<extra></extra>",
    )


def _steps(edges: Floats, name: str, counts: Ints, place: int, theme: Theme) -> go.Scatter:
    palette, shown = INKS[theme].palette, plain(name)
    sides = zip(edges[:-1].tolist(), edges[1:].tolist(), counts.tolist(), strict=True)
    return go.Scatter(
        x=((edges[:-1] + edges[1:]) / 2).tolist(),
        y=(counts / max(int(counts.sum()), 1)).tolist(),
        name=f"{shown} ({counts.sum():,})",
        customdata=list(sides),
        mode="lines+markers",
        line={
            "shape": "hvh",
            "color": palette[place % len(palette)],
            "dash": DASHES[place % len(DASHES)],
            "width": 2,
        },
        marker={"symbol": SYMBOLS[place % len(SYMBOLS)], "size": 4},
        hovertemplate=(
            f"{shown}<br>%{{customdata[0]:.3g}} to %{{customdata[1]:.3g}}: "
            "%{customdata[2]:,} rows, %{y:.1%}<extra></extra>"
        ),
    )
