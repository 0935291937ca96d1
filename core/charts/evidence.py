"""What speaks for and against one label: each run as a bar."""

from __future__ import annotations

import plotly.graph_objects as go
import pyarrow as pa

from core.charts.theme import INKS, Theme, figure, hatch, mark_sides, plain
from core.charts.words import cut
from core.views.results import Suspect

BAR_PIXELS = 34
NAME_CHARS = 28
"""Of a run's name beside its bar: a longer one would take the bars' room."""


def evidence_figure(suspect: Suspect, theme: Theme) -> go.Figure:
    """Draw one bar per run: its margin in its own deviations; hatched to the left disagrees."""
    ink, evidence = INKS[theme], suspect.evidence
    values = [item.standardised for item in evidence]
    reach = max([1.0, *(abs(value) for value in values)]) * 1.1
    x = {"title": "margin (deviations of the run)", "range": [-reach, reach], "showgrid": True}
    y = {
        "tickvals": list(range(len(evidence))),
        "ticktext": [plain(cut(item.name, NAME_CHARS)) for item in evidence],
        "range": [max(len(evidence), 1) - 0.5, -0.5],
        "showgrid": False,
        "ticks": "",
    }
    chart = figure(theme, x, y, height=100 + BAR_PIXELS * max(len(evidence), 1))
    chart.add_trace(
        go.Bar(
            x=values,
            y=list(range(len(evidence))),
            orientation="h",
            customdata=[[plain(item.name), item.margin] for item in evidence],
            marker={
                "color": [ink.disagrees if value < 0 else ink.agrees for value in values],
                "pattern": hatch(["/" if value < 0 else "" for value in values], theme),
            },
            hovertemplate=(
                "%{customdata[0]}: margin %{customdata[1]:.3g}, %{x:.2f} deviations<extra></extra>"
            ),
        )
    )
    mark_sides(chart, theme, "prefers the rejected answer", "agrees with label")
    return chart


def evidence_table(suspect: Suspect) -> pa.Table:
    """Return one row per run."""
    return pa.table(
        {
            "run": [item.name for item in suspect.evidence],
            "margin": [item.margin for item in suspect.evidence],
            "deviations": [item.standardised for item in suspect.evidence],
        }
    )


def evidence_text(suspect: Suspect) -> str:
    """Return the chart in words."""
    if not suspect.evidence:
        return "No run covers this row."
    runs = "; ".join(f"{item.name} {item.standardised:+.1f}" for item in suspect.evidence)
    return f"Margins in deviations of each run, negative against the label: {runs}."
