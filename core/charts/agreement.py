"""How often every two runs prefer the same response: a grid that says its numbers."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pyarrow as pa

from core.charts.theme import FONT_SIZE, INKS, Theme, figure, plain
from core.views.results import RunsAgreement

SHADES: dict[Theme, tuple[str, str]] = {
    "light": ("#eef5fb", "#7fb8e0"),
    "dark": ("#16202c", "#1f6aa5"),
}
"""From least to most: on every one of them the page's own ink can be read."""
CELL_PIXELS = 52
ROW_CHARS, COLUMN_CHARS = 22, 15
"""Of a name beside and above the grid."""
NAMED = 3
"""Names up to which they stand above the grid too; of more, their numbers do."""
ROOMY = 6
"""Names up to which the grid needs no more than half a page."""


def agreement_figure(a: RunsAgreement, theme: Theme) -> go.Figure:
    """Draw a cell per two names, its share written in it; a stronger shade is more."""
    n = len(a.names)
    ticks = {"tickvals": list(range(n)), "showgrid": False, "ticks": "", "showline": False}
    above, beside = _titles(a.names)
    x = {**ticks, "ticktext": above, "side": "top", "tickangle": 0}
    y = {**ticks, "ticktext": beside, "range": [n - 0.5, -0.5]}
    chart = figure(theme, x, y, height=72 + CELL_PIXELS * n)
    chart.add_trace(_cells(a, theme))
    return chart


def agreement_table(a: RunsAgreement) -> pa.Table:
    """Return one row per two names, the strongest agreement first."""
    pairs = sorted(_pairs(a), key=lambda pair: -pair[2])
    return pa.table(
        {
            "one": [a.names[i] for i, _, _ in pairs],
            "other": [a.names[j] for _, j, _ in pairs],
            "agreement": [share for _, _, share in pairs],
            "pairs": [int(a.both[i, j]) for i, j, _ in pairs],
        }
    )


def agreement_text(a: RunsAgreement) -> str:
    """Return the grid in words: which two runs agree most, and which least."""
    pairs = [pair for pair in _pairs(a) if pair[0] > 0]
    if not pairs:
        return "No two runs have scored the same pairs."
    most, least = max(pairs, key=lambda p: p[2]), min(pairs, key=lambda p: p[2])
    if most == least:
        return f"{_said(a, most)}."
    return f"Most alike: {_said(a, most)}. Least alike: {_said(a, least)}."


def _titles(names: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Return what stands above and beside the grid."""
    beside = [plain(middle(name, ROW_CHARS)) for name in names]
    if len(names) <= NAMED:
        return [plain(middle(name, COLUMN_CHARS)) for name in names], beside
    numbers = [str(place) for place in range(1, len(names) + 1)]
    return numbers, [f"{name}  {number}" for name, number in zip(beside, numbers, strict=True)]


def middle(name: str, limit: int) -> str:
    """Return at most `limit` characters; runs mostly differ at the end of their names."""
    if len(name) <= limit:
        return name
    head = limit // 3
    return f"{name[:head]}…{name[head + 1 - limit :]}"


def _said(a: RunsAgreement, pair: tuple[int, int, float]) -> str:
    i, j, share = pair
    return f"{a.names[i]} and {a.names[j]} agree on {share:.1%} of {a.both[i, j]:,} pairs"


def _pairs(a: RunsAgreement) -> list[tuple[int, int, float]]:
    """Return (one, other, share) of every two names that share a pair."""
    upper = zip(*np.triu_indices(len(a.names), 1), strict=True)
    return [(int(i), int(j), a.same[i, j] / a.both[i, j]) for i, j in upper if a.both[i, j]]


def _cells(a: RunsAgreement, theme: Theme) -> go.Heatmap:
    n = len(a.names)
    told = [[i != j and a.both[i, j] > 0 for j in range(n)] for i in range(n)]
    shares = [
        [round(a.same[i, j] / a.both[i, j], 4) if told[i][j] else None for j in range(n)]
        for i in range(n)
    ]
    return go.Heatmap(
        z=shares,
        text=[[_cell(a, i, j) if told[i][j] else "" for j in range(n)] for i in range(n)],
        customdata=[[_hover(a, i, j) for j in range(n)] for i in range(n)],
        texttemplate="%{text}",
        textfont={"size": FONT_SIZE if n <= ROOMY else 12, "color": INKS[theme].text},
        colorscale=list(SHADES[theme]),
        zmin=min([0.5, *(share for row in shares for share in row if share is not None)]),
        zmax=1.0,
        xgap=2,
        ygap=2,
        showscale=False,
        hoverongaps=False,
        hovertemplate="%{customdata}<extra></extra>",
    )


def _cell(a: RunsAgreement, i: int, j: int) -> str:
    return f"{a.same[i, j] / a.both[i, j]:.0%}<br>n {_short(int(a.both[i, j]))}"


def _short(n: int) -> str:
    """Return a count in at most five characters."""
    if n < 10_000:
        return f"{n:,}"
    return f"{n / 1000:.0f}k" if n < 1_000_000 else f"{n / 1_000_000:.3g}M"


def _hover(a: RunsAgreement, i: int, j: int) -> str:
    if i == j or not a.both[i, j]:
        return ""
    return (
        f"{plain(a.names[i])} and {plain(a.names[j])}<br>"
        f"{a.same[i, j]:,} of {a.both[i, j]:,} pairs ({a.same[i, j] / a.both[i, j]:.1%})"
    )
