"""Agreement beyond chance with its intervals: a line for each part of the votes."""

from __future__ import annotations

import plotly.graph_objects as go
import pyarrow as pa

from core.charts.letters import cut
from core.charts.theme import INKS, Theme, figure, mark_vertical, plain
from core.signals.agreement import Agreement
from core.views.team import Agreed

ROW_PIXELS = 44
NAME_CHARS = 32
MOST_ROWS = 30
TITLES = {
    "krippendorff_alpha": "Krippendorff's α",
    "cohen_kappa": "Cohen's κ",
    "fleiss_kappa": "Fleiss' κ",
}


def alpha_figure(rows: tuple[Agreed, ...], theme: Theme) -> go.Figure:
    """Draw α and κ of every part with 95 % intervals; the dotted line is chance."""
    shown = rows[:MOST_ROWS]
    names = [plain(cut(row.name, NAME_CHARS)) for row in shown]
    places = list(range(len(shown)))
    y = {"tickvals": places, "ticktext": names, "range": [len(shown) - 0.5, -0.5]}
    low = [a.low for row in shown for a in (row.alpha, row.kappa) if a.low is not None]
    x = {
        "title": "agreement beyond chance, with 95 % interval",
        "range": [min([-0.1, *low]) - 0.03, 1.03],
        "zeroline": False,
    }
    chart = figure(theme, x, {**y, "showgrid": False, "ticks": ""}, 104 + ROW_PIXELS * len(shown))
    mark_vertical(chart, theme, 0.0, "dot")
    chart.update_layout(showlegend=True)
    ink = INKS[theme]
    alphas, kappas = [row.alpha for row in shown], [row.kappa for row in shown]
    chart.add_trace(_dots(alphas, "Krippendorff's α", ink.palette[0], "circle", -0.12))
    chart.add_trace(_dots(kappas, _kappa_title(rows), ink.palette[1], "diamond-open", 0.12))
    return chart


def alpha_table(rows: tuple[Agreed, ...]) -> pa.Table:
    """Return one row per part."""
    columns: dict[str, object] = {
        "votes of": [row.name for row in rows],
        "pairs judged twice": [row.alpha.units for row in rows],
        "people": [row.alpha.people for row in rows],
    }
    for key, head in (("alpha", "Krippendorff's α"), ("kappa", "κ")):
        found = [getattr(row, key) for row in rows]
        columns[head] = pa.array([one.value for one in found], pa.float64())
        columns[f"{head}, low"] = pa.array([one.low for one in found], pa.float64())
        columns[f"{head}, high"] = pa.array([one.high for one in found], pa.float64())
        columns[f"{head}, why not"] = [one.why for one in found]
    return pa.table(columns)


def alpha_text(rows: tuple[Agreed, ...]) -> str:
    """Return the picture in words."""
    if not rows:
        return "There are no votes yet."
    whole = rows[0]
    text = f"{whole.name}: {agreement_text(whole.alpha)}; {agreement_text(whole.kappa)}."
    told = [row for row in rows[1:] if row.alpha.value is not None]
    if len(told) < 2:
        return text
    least = min(told, key=lambda row: row.alpha.value or 0.0)
    return f"{text} Least agreement: {cut(least.name, 60)}, {agreement_text(least.alpha)}."


def agreement_text(found: Agreement) -> str:
    """Return a statistic with its interval, or why it has none."""
    title = TITLES[found.statistic]
    if found.value is None:
        return f"{title} {found.why[:1].lower()}{found.why[1:].removesuffix('.')}"
    if found.low is None or found.high is None:
        return f"{title} {found.value:.2f} without an interval"
    return f"{title} {found.value:.2f} ({found.low:.2f} to {found.high:.2f})"


def _kappa_title(rows: tuple[Agreed, ...]) -> str:
    kinds = list(dict.fromkeys(TITLES[row.kappa.statistic] for row in rows))
    return " or ".join(kinds)


def _dots(found: list[Agreement], title: str, colour: str, symbol: str, below: float) -> go.Scatter:
    known = [(i, a, a.value) for i, a in enumerate(found) if a.value is not None]
    return go.Scatter(
        x=[round(value, 4) for _, _, value in known],
        y=[i + below for i, _, _ in known],
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [_reach(a.high, value) for _, a, value in known],
            "arrayminus": [_reach(value, a.low) for _, a, value in known],
            "thickness": 1.5,
            "width": 4,
        },
        name=title,
        mode="markers",
        marker={"color": colour, "symbol": symbol, "size": 9},
        customdata=[f"{agreement_text(a)}<br>{a.units:,} pairs" for _, a, _ in known],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _reach(high: float | None, low: float | None) -> float:
    return 0.0 if high is None or low is None else max(0.0, round(high - low, 4))
