"""Rows per kind of a category: filled is what the filter keeps, outlined is all."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go
import pyarrow as pa

from core.charts.letters import cut, visible
from core.charts.linked import round_number, shrink
from core.charts.theme import INKS, Theme, figure, plain
from core.charts.words import title_of
from core.store.filters import missing
from core.views.crossfilter import Kind, Kinds, OfKinds

KIND_CHARS = 24
HEIGHT = 360
LOWEST, PER_BAR = 150, 36
"""Pixels around the bars, and of each, where their number sets the height."""


def names_of(p: Kinds) -> list[str]:
    """Return what the bars are called, in their order."""
    others = "1 other" if p.more == 1 else f"all {p.more:,} others"
    return [*(kind_name(p.category, kind) for kind in p.kinds), *([others] if p.more else [])]


def kind_name(category: str, kind: Kind) -> str:
    """Return what a kind is called."""
    return missing(category) if kind is None else visible(kind) or "empty"


def bars_height(p: Kinds) -> int:
    """Return how high bars of a usual thickness stand together, in pixels."""
    return LOWEST + PER_BAR * len(names_of(p))


def bars_figure(
    p: Kinds, everything: OfKinds, kept: OfKinds, theme: Theme, height: int = HEIGHT
) -> go.Figure:
    """Draw a bar per kind, the largest on top, with kept and all rows written beside it."""
    ink, places = INKS[theme], list(range(len(everything.kinds)))
    divided = _divisor(everything, kept)
    names = [plain(cut(name, KIND_CHARS)) for name in names_of(p)]
    ends = (everything.kinds / divided).tolist()
    rows = {"title": "rows", "tickformat": ",", "range": [0, 1.4 * max(ends, default=1) or 1]}
    kinds = {"tickvals": places, "ticktext": names, "range": [len(places) - 0.5, -0.5]}
    chart = figure(theme, rows, {**kinds, "ticks": "", "showgrid": False}, height)
    chart.update_layout(barmode="overlay", bargap=0.35, hovermode="y", showlegend=True)
    chart.update_layout(dragmode="select", selectdirection="v")
    divisor = f" ÷ {divided:,}" if divided > 1 else ""
    outline = {"color": "rgba(0,0,0,0)", "line": {"width": 1.25, "color": ink.text}}
    for label, widths, marker in (
        (f"kept ({kept.total:,})", kept.kinds, {"color": ink.palette[0], "line": {"width": 0}}),
        (f"all rows ({everything.total:,}){divisor}", everything.kinds / divided, outline),
    ):
        chart.add_trace(_bars(widths.tolist(), label, marker, everything, kept))
    for place, end in zip(places, ends, strict=True):
        text = f"{kept.kinds[place]:,} of {everything.kinds[place]:,}"
        chart.add_annotation(x=end, y=place, text=text, xanchor="left", xshift=6, showarrow=False)
    return chart


def bars_table(p: Kinds, everything: OfKinds, kept: OfKinds) -> pa.Table:
    """Return one row per kind."""
    return pa.table({p.category: names_of(p), "kept": kept.kinds, "all rows": everything.kinds})


def bars_text(p: Kinds, everything: OfKinds, kept: OfKinds) -> str:
    """Return the bars in words."""
    counts = zip(names_of(p), kept.kinds, everything.kinds, strict=True)
    said = ", ".join(f"{cut(name, 60)} {k:,} of {n:,}" for name, k, n in counts)
    return f"{title_of(p.category)}, kept of all rows: {said}."


def _divisor(everything: OfKinds, kept: OfKinds) -> int:
    """Return what outlines are divided by; filled bars stay inside them: they are a part."""
    held = kept.kinds > 0
    folds = everything.kinds[held] // kept.kinds[held]
    limit = round_number(int(folds.min())) if held.any() else 1
    return min(limit, shrink(everything.kinds, kept.kinds))


def _bars(
    widths: list[float],
    label: str,
    marker: Mapping[str, object],
    everything: OfKinds,
    kept: OfKinds,
) -> go.Bar:
    full = {"marker": {"opacity": 1.0}}
    counts = zip(kept.kinds.tolist(), everything.kinds.tolist(), strict=True)
    return go.Bar(
        x=widths,
        y=list(range(len(widths))),
        orientation="h",
        name=label,
        customdata=list(counts),
        marker=marker,
        selected=full,
        unselected=full,
        hovertemplate="%{customdata[0]:,} kept of %{customdata[1]:,} rows<extra></extra>",
    )
