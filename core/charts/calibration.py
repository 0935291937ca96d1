"""How often labels are confirmed along a signal, with intervals."""

from __future__ import annotations

import plotly.graph_objects as go
import pyarrow as pa

from core.charts.theme import INKS, Theme, figure, mark_horizontal
from core.charts.words import inside, narrow_title, title_of
from core.views.results import Calibration, Share

WITNESSES = {"gold": "gold", "votes": "most votes"}


def calibration_figure(c: Calibration, theme: Theme) -> go.Figure:
    """Draw the share of confirmed labels per group of rows; the dotted line is chance."""
    title = f"labels {WITNESSES[c.against]} confirm{'s' * (c.against == 'gold')}"
    y = {"title": title, "tickformat": ".0%", "range": [-0.03, 1.03]}
    chart = figure(theme, {"title": narrow_title(c.signal)}, y)
    mark_horizontal(chart, theme, 0.5, "dot")
    colour = INKS[theme].palette[0]
    chart.add_trace(
        go.Scatter(
            x=c.centres.tolist(),
            y=[share.value for share in c.shares],
            error_y=interval(c.shares),
            customdata=[[share.k, share.n] for share in c.shares],
            mode="lines+markers",
            line={"color": colour, "width": 1.5},
            marker={"color": colour, "size": 8},
            hovertemplate=(
                "around %{x:.3g}: %{y:.1%}, %{customdata[0]:,} of %{customdata[1]:,} rows"
                "<extra></extra>"
            ),
        )
    )
    return chart


def calibration_table(c: Calibration) -> pa.Table:
    """Return one row per group."""
    return pa.table(
        {
            f"mean {c.signal}": c.centres,
            "rows": [share.n for share in c.shares],
            "confirmed": [share.k for share in c.shares],
            "share": [share.value for share in c.shares],
            "low": [share.low for share in c.shares],
            "high": [share.high for share in c.shares],
        }
    )


def calibration_text(c: Calibration) -> str:
    """Return the chart in words: its two ends."""
    first, last = c.shares[0], c.shares[-1]
    return (
        f"Where {inside(title_of(c.signal))} is lowest (around {c.centres[0]:.3g}), "
        f"{first.value or 0:.0%} of {first.n:,} labels are confirmed by {WITNESSES[c.against]}; "
        f"where it is highest (around {c.centres[-1]:.3g}), {last.value or 0:.0%} of {last.n:,}."
    )


def interval(shares: tuple[Share, ...]) -> dict[str, object]:
    """Return shares' Wilson intervals as error bars."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [(s.high or 0.0) - (s.value or 0.0) for s in shares],
        "arrayminus": [(s.value or 0.0) - (s.low or 0.0) for s in shares],
        "thickness": 1.5,
        "width": 4,
    }
