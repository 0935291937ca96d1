"""What speaks for and against one label: runs as bars, votes as one split bar."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
import pyarrow as pa

from core.charts.theme import INKS, Theme, figure, hatch, mark_sides, plain
from core.views.results import Suspect, Vote

BAR_PIXELS = 34
_SIDES = ("chosen", "tie", "rejected")
_PATTERNS = {"chosen": "", "tie": ".", "rejected": "/"}


def evidence_figure(suspect: Suspect, theme: Theme) -> go.Figure:
    """Draw one bar per run: its margin in its own deviations; hatched to the left disagrees."""
    ink, evidence = INKS[theme], suspect.evidence
    values = [item.standardised for item in evidence]
    reach = max([1.0, *(abs(value) for value in values)]) * 1.1
    x = {"title": "margin (deviations of the run)", "range": [-reach, reach], "showgrid": True}
    y = {"autorange": "reversed", "showgrid": False, "ticks": ""}
    chart = figure(theme, x, y, height=100 + BAR_PIXELS * max(len(evidence), 1))
    chart.add_trace(
        go.Bar(
            x=values,
            y=[plain(item.name) for item in evidence],
            orientation="h",
            customdata=[item.margin for item in evidence],
            marker={
                "color": [ink.disagrees if value < 0 else ink.agrees for value in values],
                "pattern": hatch(["/" if value < 0 else "" for value in values], theme),
            },
            hovertemplate="%{y}: margin %{customdata:.3g}, %{x:.2f} deviations<extra></extra>",
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


def votes_figure(votes: Sequence[Vote], theme: Theme) -> go.Figure:
    """Draw the votes as one bar, split into chosen, tie and rejected."""
    ink = INKS[theme]
    colours = {"chosen": ink.agrees, "tie": ink.neutral, "rejected": ink.disagrees}
    hidden = {"visible": False}
    chart = figure(theme, {**hidden, "range": [0, max(len(votes), 1)]}, hidden, height=72)
    chart.update_layout(barmode="stack", margin={"t": 4, "b": 4})
    for side, n in vote_counts(votes).items():
        if n:
            chart.add_trace(
                go.Bar(
                    x=[n],
                    y=[""],
                    orientation="h",
                    name=side,
                    text=f"{side} {n}",
                    textposition="inside",
                    insidetextanchor="middle",
                    marker={"color": colours[side], "pattern": hatch([_PATTERNS[side]], theme)},
                    hovertemplate=f"{side}: %{{x}} of {len(votes)} votes<extra></extra>",
                )
            )
    return chart


def votes_table(votes: Sequence[Vote]) -> pa.Table:
    """Return one row per side."""
    counts = vote_counts(votes)
    return pa.table({"side": list(counts), "votes": list(counts.values())})


def votes_text(votes: Sequence[Vote]) -> str:
    """Return the chart in words."""
    n = vote_counts(votes)
    ties = f", {n['tie']} for neither" if n["tie"] else ""
    return f"Of {len(votes)} votes {n['chosen']} went to chosen, {n['rejected']} to rejected{ties}."


def vote_counts(votes: Sequence[Vote]) -> dict[str, int]:
    """Return how many votes went to chosen, to neither (a tie) and to rejected."""
    return {side: sum((vote.winner or "tie") == side for vote in votes) for side in _SIDES}
