"""Answers per day: a stack for each day, a colour and a pattern for each person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import plotly.graph_objects as go
import pyarrow as pa

from core.charts.letters import cut
from core.charts.theme import INKS, Theme, figure, hatch, plain
from core.views.team import Worked

HEIGHT = 300
MOST_DAYS = 60
MOST_PEOPLE = 8
"""With a colour of their own; all others are one."""
SHAPES = ("", "/", "x", "-", "|", "+", ".", "\\", "")
NAME_CHARS = 24
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def worked_figure(rows: tuple[Worked, ...], theme: Theme) -> go.Figure:
    """Draw a bar per day of the last MOST_DAYS with an answer, stacked by person."""
    ink, days = INKS[theme], _days(rows)
    # Days without an answer keep their place: a category axis would leave them out.
    x = {"type": "date", "tickformat": "%-d %b", "showgrid": False}
    chart = figure(theme, x, {"title": "answers", "tickformat": ",", "rangemode": "tozero"}, HEIGHT)
    chart.update_layout(barmode="stack", bargap=0.25, showlegend=True)
    for place, (name, counts) in enumerate(_stacks(rows)):
        chart.add_trace(
            go.Bar(
                x=[_day(day) for day in days],
                y=[counts.get(day, 0) for day in days],
                name=plain(cut(name, NAME_CHARS)),
                marker={
                    "color": ink.palette[place % len(ink.palette)],
                    "line": {"width": 0},
                    "pattern": hatch([SHAPES[place]] * len(days), theme),
                },
                hovertemplate="%{x|%-d %b}: %{y:,} answers<extra>%{fullData.name}</extra>",
            )
        )
    return chart


def worked_table(rows: tuple[Worked, ...]) -> pa.Table:
    """Return one row per day, a column per person."""
    days = _days(rows)
    columns: dict[str, object] = {"day, UTC": [_day(day) for day in days]}
    for row in rows:
        counts, name = dict(row.days), row.person
        while name in columns:
            name = f"{name} (2)"
        columns[name] = [counts.get(day, 0) for day in days]
    return pa.table(columns)


def worked_text(rows: tuple[Worked, ...]) -> str:
    """Return the chart in words: how many answers on how many days, and who gave most."""
    total = sum(row.answers for row in rows)
    if not total:
        return "Nobody has answered yet."
    days = {day for row in rows for day, _ in row.days}
    most = max(rows, key=lambda row: row.answers)
    span = "1 day" if len(days) == 1 else f"{len(days)} days"
    return (
        f"{total:,} answers on {span}, {total / len(days):,.0f} a day; most by "
        f"{cut(most.person, 60)}: {most.answers:,}."
    )


def _days(rows: tuple[Worked, ...]) -> list[int]:
    """Return all days from the first to the last with an answer, MOST_DAYS at most."""
    told = [day for row in rows for day, _ in row.days]
    if not told:
        return []
    return list(range(max(min(told), max(told) - MOST_DAYS + 1), max(told) + 1))


def _stacks(rows: tuple[Worked, ...]) -> list[tuple[str, dict[int, int]]]:
    """Return who answered most, each apart, and all others together."""
    ranked = sorted(rows, key=lambda row: (-row.answers, row.person))
    stacks = [(row.person, dict(row.days)) for row in ranked[:MOST_PEOPLE]]
    others: dict[int, int] = {}
    for row in ranked[MOST_PEOPLE:]:
        for day, n in row.days:
            others[day] = others.get(day, 0) + n
    return [*stacks, (f"{len(ranked) - MOST_PEOPLE} others", others)] if others else stacks


def _day(day: int) -> str:
    return f"{_EPOCH + timedelta(days=day):%Y-%m-%d}"
