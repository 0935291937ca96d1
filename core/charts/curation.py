"""What a recipe makes of the rows: what each step leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
import pyarrow as pa

from core.charts.agreement import middle
from core.charts.letters import visible
from core.charts.theme import INKS, Theme, figure, hatch, plain

ROW_PIXELS, AROUND = 30, 70
NAME_CHARS = 30
WIDER = 1.2
"""What the axis is longer than the longest bar: its count stands behind it."""


@dataclass(frozen=True)
class Step:
    """What one step leaves out."""

    label: str
    rows: int


@dataclass(frozen=True)
class Steps:
    """From what a filter finds to what is written."""

    matching: int
    left_out: tuple[Step, ...]
    """In the order of the steps; together with `selected` they are `matching`."""
    selected: int


def steps_figure(s: Steps, theme: Theme) -> go.Figure:
    """Draw a bar per step: what is left before it, and in it what it takes away."""
    left = s.matching
    names, starts, widths, said = ["Rows of the filter"], [0], [s.matching], [f"{s.matching:,}"]
    for step in s.left_out:
        left -= step.rows
        names.append(step.label)
        starts.append(left)
        widths.append(step.rows)
        said.append(f"− {step.rows:,}")
    names.append("Written")
    starts.append(0)
    widths.append(s.selected)
    said.append(f"{s.selected:,}")
    places = list(range(len(names)))
    inner = [False, *(True for _ in s.left_out), False]
    x = {"title": "rows", "tickformat": ",", "range": [0, WIDER * max(s.matching, 1)]}
    chart = figure(theme, x, lines(names), AROUND + ROW_PIXELS * len(names))
    chart.update_layout(bargap=0.35, margin={"t": 8})
    chart.add_trace(
        go.Bar(
            x=widths,
            base=starts,
            y=places,
            orientation="h",
            marker=_marker(inner, theme),
            customdata=[
                f"{plain(n)}: {text}{share(rows, s.matching)}"
                for n, text, rows in zip(names, said, widths, strict=True)
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    for place, text in enumerate(said):
        # Behind a bar that ends far to the right there is no room for more than a count.
        before = inner[place] and starts[place] > s.matching / 2
        _beside(chart, starts[place] + (0 if before else widths[place]), place, text, before)
    return chart


def _marker(inner: list[bool], theme: Theme) -> dict[str, object]:
    ink = INKS[theme]
    return {
        "color": [ink.disagrees if out else ink.agrees for out in inner],
        "line": {"width": 0},
        "pattern": hatch(["/" if out else "" for out in inner], theme),
    }


def steps_table(s: Steps) -> pa.Table:
    """Return one row per step with what it leaves out and what is left after it."""
    rows, left = [("rows of the filter", 0, s.matching)], s.matching
    for step in s.left_out:
        left -= step.rows
        rows.append((visible(step.label), step.rows, left))
    names, out, after = zip(*rows, strict=True)
    return pa.table({"step": names, "left out": out, "left after it": after})


def steps_text(s: Steps) -> str:
    """Return the steps in words."""
    said = "; ".join(f"{step.label}: {step.rows:,}" for step in s.left_out)
    out = f"left out: {said}" if said else "nothing is left out"
    return f"{s.selected:,} of {s.matching:,} rows would be written; {out}."


def lines(names: Sequence[str]) -> dict[str, object]:
    """Return the settings of an axis with a name for each bar, the first on top."""
    return {
        "tickvals": list(range(len(names))),
        "ticktext": [plain(middle(name, NAME_CHARS + 12)) for name in names],
        "range": [len(names) - 0.5, -0.5],
        "showgrid": False,
        "ticks": "",
    }


def _beside(chart: go.Figure, x: float, y: int, text: str, before: bool) -> None:
    anchor, shift = ("right", -6) if before else ("left", 6)
    chart.add_annotation(x=x, y=y, text=text, xanchor=anchor, xshift=shift, showarrow=False)


def share(n: int, of: int) -> str:
    """Return ` (25.0%)`, nothing of nothing."""
    return f" ({n / of:.1%})" if of else ""
