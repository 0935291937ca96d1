"""A probability against what happened: on the diagonal it means what it says."""

from __future__ import annotations

import plotly.graph_objects as go
import pyarrow as pa

from core.charts.calibration import WITNESSES, interval
from core.charts.theme import INKS, Theme, figure
from core.charts.words import inside, narrow_title, title_of
from core.views.reliability import Reliability


def reliability_figure(r: Reliability, theme: Theme) -> go.Figure:
    """Draw observed against predicted shares with intervals; the dashed line is the diagonal."""
    share = {"tickformat": ".0%", "range": [-0.02, 1.02], "dtick": 0.25}
    x = {"title": f"{narrow_title(r.signal)}, as told", **share}
    y = {"title": f"reversed, by {WITNESSES[r.against]}", **share}
    chart = figure(theme, x, y, height=360)
    ink = INKS[theme]
    chart.add_trace(
        go.Scatter(
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            line={"color": ink.quiet, "width": 1.5, "dash": "dash"},
            hoverinfo="skip",
        )
    )
    chart.add_trace(
        go.Scatter(
            x=r.predicted.tolist(),
            y=[found.value for found in r.observed],
            error_y=interval(r.observed),
            customdata=[[found.k, found.n] for found in r.observed],
            mode="lines+markers",
            line={"color": ink.palette[0], "width": 1.5},
            marker={"color": ink.palette[0], "size": 8},
            hovertemplate=(
                "told %{x:.1%}, found %{y:.1%}: %{customdata[0]:,} of %{customdata[1]:,} rows"
                "<extra></extra>"
            ),
        )
    )
    for text, x_at, y_at in (("says too little", 0.02, 0.98), ("says too much", 0.98, 0.02)):
        _corner(chart, text, x_at, y_at, ink.quiet)
    return chart


def _corner(chart: go.Figure, text: str, x: float, y: float, color: str) -> None:
    chart.add_annotation(
        text=text,
        x=x,
        y=y,
        xanchor="left" if x < y else "right",
        yanchor="top" if x < y else "bottom",
        showarrow=False,
        font={"color": color, "size": 13},
    )


def reliability_table(r: Reliability) -> pa.Table:
    """Return one row per group."""
    return pa.table(
        {
            "told": r.predicted,
            "rows": [found.n for found in r.observed],
            "reversed": [found.k for found in r.observed],
            "share": [found.value for found in r.observed],
            "low": [found.low for found in r.observed],
            "high": [found.high for found in r.observed],
        }
    )


def reliability_text(r: Reliability) -> str:
    """Return the diagram in words: the mean distance from the diagonal, and its two ends."""
    low, high = r.observed[0], r.observed[-1]
    return (
        f"Expected calibration error {r.error:.3f}: over {r.n:,} rows with "
        f"{WITNESSES[r.against]}, {inside(title_of(r.signal))} is off by "
        f"{100 * r.error:.1f} points on average. Where it tells {r.predicted[0]:.1%}, "
        f"{low.value or 0:.1%} are reversed; where it tells {r.predicted[-1]:.1%}, "
        f"{high.value or 0:.1%}."
    )
