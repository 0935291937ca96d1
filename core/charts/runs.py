"""Runs beside each other: agreement with labels and with gold, and what they say about noise."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
import pyarrow as pa

from core.charts.calibration import interval
from core.charts.theme import INKS, Theme, figure, mark_vertical, plain
from core.schema import NoiseRow
from core.views.results import RunHealth, Share

ROW_PIXELS = 44
_KINDS = (("with labels", "circle", -0.14), ("with gold", "diamond", 0.14))


def runs_figure(runs: Sequence[RunHealth], theme: Theme) -> go.Figure:
    """Draw each run's agreement with labels and gold with 95 % intervals; dotted is chance."""
    names = [run.run_id + " (leaks the label)" * run.leaks_label for run in runs]
    chart = _list_figure(theme, names, "agreement")
    chart.update_layout(showlegend=True)
    mark_vertical(chart, theme, 0.5, "dot")
    columns = ([run.agreement for run in runs], [run.gold_agreement for run in runs])
    for place, shares in enumerate(columns):
        kept = [(row, share) for row, share in enumerate(shares) if share.n]
        chart.add_trace(_dots(kept, place, theme))
    return chart


def runs_table(runs: Sequence[RunHealth]) -> pa.Table:
    """Return one row per run."""
    return pa.table(
        {
            "run": [run.run_id for run in runs],
            "scorer": [run.scorer for run in runs],
            "model": [run.model for run in runs],
            "covered rows": [run.covered for run in runs],
            "labelled rows": [run.rows for run in runs],
            "agreement with labels": [run.agreement.value for run in runs],
            "low": [run.agreement.low for run in runs],
            "high": [run.agreement.high for run in runs],
            "agreement with gold": [run.gold_agreement.value for run in runs],
            "noise rate": [run.noise_rate for run in runs],
            "leaks the label": [run.leaks_label for run in runs],
        }
    )


def runs_text(runs: Sequence[RunHealth]) -> str:
    """Return the chart in words."""
    told = [run for run in runs if run.agreement.value is not None]
    if not told:
        return "No run covers a row with a label."
    return f"Agreement with the labels: {'; '.join(_words(run) for run in told)}."


def noise_figure(rows: Sequence[NoiseRow], theme: Theme) -> go.Figure:
    """Draw every estimate with its interval; where margins tell none, the highest possible rate."""
    chart = _list_figure(theme, [f"{row.run_id} on {row.source}" for row in rows], "noise rate")
    chart.update_layout(showlegend=True)
    chart.update_xaxes(range=[0, 0.5])
    told = [(place, row) for place, row in enumerate(rows) if row.rate is not None]
    bounded = [(p, r) for p, r in enumerate(rows) if r.rate is None and r.at_most is not None]
    shares = [(p, Share(0, r.n, r.rate, r.low, r.high)) for p, r in told]
    chart.add_trace(_estimates(shares, theme))
    chart.add_trace(_bounds(bounded, theme))
    return chart


def noise_table(rows: Sequence[NoiseRow]) -> pa.Table:
    """Return one row per run and source."""
    names = ("run_id", "source", "n", "rate", "low", "high", "at_most", "reason")
    return pa.table({name: [getattr(row, name) for row in rows] for name in names})


def noise_text(rows: Sequence[NoiseRow]) -> str:
    """Return the chart in words."""
    told = "; ".join(
        f"{row.rate:.0%} ({row.low:.0%} to {row.high:.0%}) by {row.run_id} on {row.source}"
        for row in rows
        if row.rate is not None
    )
    silent = sum(row.rate is None for row in rows)
    rest = f"{silent:,} of {len(rows):,} estimates tell no rate." if silent else ""
    if not told:
        return rest or "There is no run to estimate the noise from."
    return f"Share of reversed labels: {told}. {rest}".strip()


def _words(run: RunHealth) -> str:
    share = run.agreement
    text = f"{run.run_id} {share.value:.0%} ({share.low:.0%} to {share.high:.0%})"
    gold = run.gold_agreement.value
    return text if gold is None else f"{text}, with gold {gold:.0%}"


def _list_figure(theme: Theme, names: Sequence[str], title: str) -> go.Figure:
    """Return a figure with one line per name, the first on top, and shares along x."""
    ticks = {
        "tickvals": list(range(len(names))),
        "ticktext": [plain(name) for name in names],
        "range": [len(names) - 0.5, -0.5],
        "ticks": "",
    }
    x = {"title": title, "tickformat": ".0%", "showgrid": True, "range": [0, 1]}
    chart = figure(theme, x, ticks, height=110 + ROW_PIXELS * max(len(names), 1))
    chart.update_yaxes(showgrid=False)
    return chart


def _dots(kept: Sequence[tuple[int, Share]], place: int, theme: Theme) -> go.Scatter:
    name, symbol, shift = _KINDS[place]
    shares = tuple(share for _, share in kept)
    return go.Scatter(
        x=[share.value for share in shares],
        y=[row + shift for row, _ in kept],
        error_x=interval(shares),
        customdata=[[share.k, share.n] for share in shares],
        name=name,
        mode="markers",
        marker={"symbol": symbol, "size": 10, "color": INKS[theme].palette[place]},
        hovertemplate=f"{name}: %{{x:.1%}}, %{{customdata[0]:,}} of %{{customdata[1]:,}} rows"
        "<extra></extra>",
    )


def _estimates(kept: Sequence[tuple[int, Share]], theme: Theme) -> go.Scatter:
    shares = tuple(share for _, share in kept)
    return go.Scatter(
        x=[share.value for share in shares],
        y=[row for row, _ in kept],
        error_x=interval(shares),
        name="estimate",
        mode="markers",
        marker={"symbol": "circle", "size": 10, "color": INKS[theme].palette[0]},
        hovertemplate="about %{x:.1%} of the labels are reversed<extra></extra>",
    )


def _bounds(kept: Sequence[tuple[int, NoiseRow]], theme: Theme) -> go.Scatter:
    return go.Scatter(
        x=[row.at_most for _, row in kept],
        y=[place for place, _ in kept],
        name="at most",
        mode="markers",
        marker={"symbol": "triangle-left-open", "size": 11, "color": INKS[theme].neutral},
        hovertemplate="no rate is told; at most %{x:.1%}<extra></extra>",
    )
