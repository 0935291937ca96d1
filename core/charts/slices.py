"""Slices of a column: a dot and its 95 % interval each, against all of them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import plotly.graph_objects as go
import pyarrow as pa

from core.charts.agreement import middle
from core.charts.letters import visible
from core.charts.theme import INKS, Theme, figure, mark_vertical, plain
from core.charts.words import title_of
from core.views.results import Share
from core.views.slices import Mean, SliceRow, Slices

ROW_PIXELS = 30
NAME_CHARS = 44
SHOWN: Mapping[str, str] = {
    "agreement": "agreement with the labels",
    "longer": "the longer answer wins",
    "gold": "gold confirms the label",
    "suspicion": "mean suspicion",
    "mean": "mean of a signal",
}
"""What a chart can show of every slice → its words."""
_SHARES = ("agreement", "longer", "gold")


@dataclass(frozen=True)
class Dot:
    """One slice's value with its interval."""

    label: str
    n: int
    value: float
    low: float
    high: float


def slices_figure(s: Slices, shown: str, theme: Theme) -> go.Figure:
    """Draw one of SHOWN for every slice that has it; dotted is all of them together."""
    dots = _dots(s, shown)
    y = {
        "tickvals": list(range(len(dots))),
        "ticktext": [plain(middle(dot.label, NAME_CHARS)) for dot in dots],
        "range": [len(dots) - 0.5, -0.5],
        "showgrid": False,
        "ticks": "",
    }
    form = {"tickformat": ".0%"} if shown in _SHARES else {}
    title = plain(f"{_title(s, shown)}, with 95 % interval")
    chart = figure(theme, {"title": title, **form}, y, 90 + ROW_PIXELS * max(len(dots), 2))
    if dots:
        mark_vertical(chart, theme, _together(dots), "dot")
    chart.add_trace(_trace(dots, shown, theme))
    return chart


def slices_table(s: Slices) -> pa.Table:
    """Return one row per slice with everything that is known of it."""
    columns: dict[str, object] = {
        s.column: [visible(row.slice.label) for row in s.rows],
        "rows": [row.n for row in s.rows],
    }
    for shown in SHOWN:
        found = [_of(row, shown) for row in s.rows]
        title = _title(s, shown)
        columns[title] = pa.array([one.value for one in found], pa.float64())
        columns[f"{title}, 95 %"] = [_interval(one) for one in found]
        columns[f"{title}, rows"] = [one.n for one in found]
    return pa.table(columns)


def slices_text(s: Slices, shown: str) -> str:
    """Return the chart in words: where most is, and where least."""
    dots, title = _dots(s, shown), _title(s, shown)
    first = f"{title[:1].upper()}{title[1:]}" if shown != "agreement" else title
    if not dots:
        return f"{first}: no slice of {s.column} has it."
    if len(dots) == 1:
        return f"{first} by {s.column}: {_said(dots[0], shown)}; no other slice has it."
    most, least = max(dots, key=lambda d: d.value), min(dots, key=lambda d: d.value)
    told = f"{first} by {s.column}: most in {_said(most, shown)}; least in {_said(least, shown)}"
    apart = most.low > least.high
    end = "." if apart else "; their intervals overlap."
    rest = f" {s.left_out:,} rows of rarer values are not shown." if s.left_out else ""
    return told + end + rest


def _of(row: SliceRow, shown: str) -> Share | Mean:
    known: dict[str, Share | Mean] = {
        "agreement": row.agreement,
        "longer": row.longer,
        "gold": row.gold,
        "suspicion": row.suspicion,
        "mean": row.mean,
    }
    return known[shown]


def _dots(s: Slices, shown: str) -> list[Dot]:
    """Return what is known; a mean of one row is its own interval."""
    found = [(visible(row.slice.label), _of(row, shown)) for row in s.rows]
    return [
        Dot(
            label,
            one.n,
            one.value,
            one.value if one.low is None else one.low,
            one.value if one.high is None else one.high,
        )
        for label, one in found
        if one.value is not None
    ]


def _together(dots: list[Dot]) -> float:
    return sum(dot.n * dot.value for dot in dots) / sum(dot.n for dot in dots)


def _title(s: Slices, shown: str) -> str:
    """Return what is shown, with whose it is."""
    if shown == "agreement":
        return f"{s.run or 'no run'} agrees with the labels"
    if shown == "mean":
        return f"mean of {title_of(s.signal)}"
    return SHOWN[shown]


def _trace(dots: list[Dot], shown: str, theme: Theme) -> go.Scatter:
    return go.Scatter(
        x=[round(dot.value, 5) for dot in dots],
        y=list(range(len(dots))),
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [max(0.0, round(dot.high - dot.value, 5)) for dot in dots],
            "arrayminus": [max(0.0, round(dot.value - dot.low, 5)) for dot in dots],
            "thickness": 1.5,
            "width": 4,
        },
        mode="markers",
        marker={"color": INKS[theme].palette[0], "size": 9},
        customdata=[plain(_said(dot, shown)) for dot in dots],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _said(dot: Dot, shown: str) -> str:
    return (
        f"{dot.label}, at {_number(dot.value, shown)} "
        f"({_number(dot.low, shown)} to {_number(dot.high, shown)}, n {dot.n:,})"
    )


def _number(value: float, shown: str) -> str:
    return f"{value:.1%}" if shown in _SHARES else f"{value:.3g}"


def _interval(one: Share | Mean) -> str:
    if one.low is None or one.high is None:
        return ""
    return f"{one.low:.4g} to {one.high:.4g}"
