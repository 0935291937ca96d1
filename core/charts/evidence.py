"""What one suspicion is made of: a bar of logits per source of evidence, and their sum."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
import pyarrow as pa

from core.charts.letters import cut
from core.charts.theme import INKS, Theme, figure, hatch, mark_sides, plain
from core.schema import Decomposition, EvidenceBar

BAR_PIXELS = 34
NAME_CHARS = 26
"""Of a source's name beside its bar: a longer one would take the bars' room."""
TOGETHER = "together"
_KINDS = ("label", "run", "vote", "other label")
_PREFIX = {"label": "label: ", "run": "", "vote": "vote: ", "other label": "other label: "}
_MEANING = {
    "label": "how often labels of {name} are right",
    "run": "{name}, margin {margin}",
    "vote": "the vote of {name}",
    "other label": "the opposite label in {name}",
}


def in_order(bars: Sequence[EvidenceBar]) -> tuple[EvidenceBar, ...]:
    """Return the label's own bar first, then runs by size, votes, and labels of other rows."""
    return tuple(sorted(bars, key=lambda bar: (_KINDS.index(bar.kind), -abs(bar.logit))))


def evidence_figure(d: Decomposition, theme: Theme) -> go.Figure:
    """Draw a bar per source and their sum, outlined, below; to the left and hatched is against."""
    ink, bars = INKS[theme], in_order(d.bars)
    values = [*(bar.logit for bar in bars), d.logit]
    places = [*range(len(bars)), len(bars) + 0.4]
    reach = max([1.0, *(abs(value) for value in values)]) * 1.3
    x = {"title": "evidence (logits)", "range": [-reach, reach], "showgrid": True}
    y = {
        "tickvals": places,
        "ticktext": [
            *(plain(_name(bar)) for bar in bars),
            f"<b>{TOGETHER}</b><br>suspicion {d.suspicion:.2f}",
        ],
        "range": [places[-1] + 0.6, -0.5],
        "showgrid": False,
        "ticks": "",
    }
    chart = figure(theme, x, y, height=120 + BAR_PIXELS * len(values))
    chart.add_trace(_bars(values, places, [*map(_meaning, bars), _sum(d)], theme))
    chart.add_shape(
        type="line",
        x0=0,
        x1=1,
        xref="paper",
        y0=len(bars) - 0.3,
        y1=len(bars) - 0.3,
        line={"color": ink.quiet, "width": 1},
    )
    mark_sides(chart, theme, "against the label", "for the label")
    return chart


def evidence_table(d: Decomposition) -> pa.Table:
    """Return one row per source and one for their sum."""
    bars = in_order(d.bars)
    return pa.table(
        {
            "evidence": [*(bar.kind for bar in bars), TOGETHER],
            "of": [*(bar.name for bar in bars), f"suspicion {d.suspicion:.3f}"],
            "margin": [*(bar.margin for bar in bars), None],
            "logits": [*(bar.logit for bar in bars), d.logit],
        }
    )


def evidence_text(d: Decomposition) -> str:
    """Return the chart in words: every bar, and their sum."""
    told = "; ".join(f"{_name(bar, 60)} {_signed(bar.logit)}" for bar in in_order(d.bars))
    return f"Logits, negative against the label: {told}; {_sum(d)}."


def _bars(
    values: Sequence[float], places: Sequence[float], meanings: Sequence[str], theme: Theme
) -> go.Bar:
    ink, last = INKS[theme], len(values) - 1
    return go.Bar(
        x=list(values),
        y=list(places),
        orientation="h",
        width=0.66,
        text=[_signed(value) for value in values],
        textposition="outside",
        cliponaxis=False,
        customdata=[plain(meaning) for meaning in meanings],
        marker={
            "color": [ink.disagrees if value < 0 else ink.agrees for value in values],
            "pattern": hatch(["/" if value < 0 else "" for value in values], theme),
            "line": {"color": ink.text, "width": [0] * last + [2]},
        },
        hovertemplate="%{customdata}: %{x:+.3f} logits<extra></extra>",
    )


def _name(bar: EvidenceBar, limit: int = NAME_CHARS) -> str:
    return cut(f"{_PREFIX[bar.kind]}{bar.name}", limit)


def _meaning(bar: EvidenceBar) -> str:
    margin = "unknown" if bar.margin is None else f"{bar.margin:.3g}"
    return _MEANING[bar.kind].format(name=bar.name, margin=margin)


def _sum(d: Decomposition) -> str:
    return f"{TOGETHER} {_signed(d.logit)}: suspicion {d.suspicion:.2f}"


def _signed(value: float) -> str:
    return f"{'−' if value < 0 else '+'}{abs(value):.2f}"
