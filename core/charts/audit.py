"""An audit as it came in: the noise rate and its interval, the naive rate beside it."""

from __future__ import annotations

from datetime import UTC, datetime

import plotly.graph_objects as go
import pyarrow as pa

from core.charts.theme import INKS, Theme, figure
from core.views.team import AuditPoint

HEIGHT = 320


def audit_figure(points: tuple[AuditPoint, ...], theme: Theme) -> go.Figure:
    """Draw the rate over judged pairs as a line in its 95 % interval; dotted is the naive rate."""
    ink = INKS[theme]
    x = {"title": "pairs judged", "tickformat": ",", "rangemode": "tozero"}
    chart = figure(theme, x, {"tickformat": ".0%", "rangemode": "tozero"}, HEIGHT)
    chart.update_layout(showlegend=True, hovermode="x unified")
    judged = [point.judged for point in points]
    edge = {"color": ink.palette[0], "width": 0}
    chart.add_trace(
        go.Scatter(
            x=[*judged, *judged[::-1]],
            y=[*(p.high for p in points), *(p.low for p in points[::-1])],
            fill="toself",
            fillcolor=_faint(ink.palette[0]),
            line=edge,
            mode="lines",
            name="95 % interval",
            hoverinfo="skip",
        )
    )
    chart.add_trace(_line(points, "rate", "noise rate", ink.palette[0], "solid", "circle"))
    chart.add_trace(_line(points, "naive", "naive rate", ink.palette[1], "dot", "diamond-open"))
    return chart


def audit_table(points: tuple[AuditPoint, ...]) -> pa.Table:
    """Return one row per time."""
    return pa.table(
        {
            "until, UTC": [_time(point) for point in points],
            "pairs judged": [point.judged for point in points],
            "noise rate": [point.rate for point in points],
            "low": [point.low for point in points],
            "high": [point.high for point in points],
            "naive rate": pa.array([point.naive for point in points], pa.float64()),
        }
    )


def audit_text(points: tuple[AuditPoint, ...]) -> str:
    """Return the chart in words: where it began, and where it is."""
    if not points:
        return "No rate is known yet."
    first, last = points[0], points[-1]
    now = f"{last.rate:.1%} ({last.low:.1%} to {last.high:.1%}) after {last.judged:,} judged pairs"
    if first == last:
        return f"The noise rate is {now}."
    return (
        f"The noise rate is {now}; after the first {first.judged:,} it was {first.rate:.1%} "
        f"({first.low:.1%} to {first.high:.1%})."
    )


def _line(
    points: tuple[AuditPoint, ...], key: str, name: str, colour: str, dash: str, symbol: str
) -> go.Scatter:
    return go.Scatter(
        x=[point.judged for point in points],
        y=[getattr(point, key) for point in points],
        name=name,
        mode="lines+markers",
        line={"color": colour, "width": 2, "dash": dash},
        marker={"color": colour, "symbol": symbol, "size": 6},
        hovertemplate="%{y:.1%}",
    )


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.16)"


def _time(point: AuditPoint) -> str:
    return f"{datetime.fromtimestamp(point.at / 1e6, UTC):%Y-%m-%d %H:%M}"
