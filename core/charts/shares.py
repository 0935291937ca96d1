"""Groups cut into parts, such as the sources' rows in each split: shares side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
import pyarrow as pa

from core.charts.curation import AROUND, NAME_CHARS, ROW_PIXELS, lines, share
from core.charts.letters import cut, visible
from core.charts.theme import INKS, Theme, figure, hatch, plain

MOST = 12
"""Groups, and parts, that are drawn for themselves."""
OTHERS = "all others"
TICKS = [0, 0.25, 0.5, 0.75, 1]
"""Written in full: where room is short plotly leaves the last one out, and most of the others."""
_PATTERNS = ("", "/", ".", "x", "-", "\\", "|", "+")


@dataclass(frozen=True)
class Cell:
    """Rows of a group that are in a part of it, such as a source's rows in a split."""

    part: str
    group: str
    rows: int


def parts_figure(cells: Sequence[Cell], theme: Theme) -> go.Figure:
    """Draw a bar per group, the largest on top, cut into the shares of its parts."""
    groups, parts = _groups(cells), _parts(cells)
    rows = _counts(cells, groups, parts)
    sums = [sum(line) for line in rows]
    names = [f"{g} ({n:,})" for g, n in zip(groups, sums, strict=True)]
    x = {"title": "share of rows", "tickformat": ".0%", "range": [0, 1], "tickvals": TICKS}
    chart = figure(theme, x, lines(names), AROUND + 34 + ROW_PIXELS * max(len(groups), 1))
    chart.update_layout(barmode="stack", bargap=0.35, showlegend=True)
    chart.update_layout(legend={"traceorder": "normal"}, margin={"t": 40, "r": 28})
    palette = INKS[theme].palette
    for i, part in enumerate(parts):
        counts = [line[i] for line in rows]
        chart.add_trace(
            go.Bar(
                x=[round(n / max(of, 1), 6) for n, of in zip(counts, sums, strict=True)],
                y=list(range(len(groups))),
                orientation="h",
                name=plain(cut(part, NAME_CHARS)),
                marker={
                    "color": palette[i % len(palette)],
                    "line": {"width": 0},
                    "pattern": hatch([_PATTERNS[i % len(_PATTERNS)]] * len(groups), theme),
                },
                customdata=[
                    f"{plain(cut(part, NAME_CHARS))}: {n:,} of {of:,}{share(n, of)}"
                    for n, of in zip(counts, sums, strict=True)
                ],
                hovertemplate="%{customdata}<extra></extra>",
            )
        )
    return chart


def parts_table(cells: Sequence[Cell], group: str) -> pa.Table:
    """Return one row per group, all of them, with the rows of each part; `group` is their kind."""
    groups = list(dict.fromkeys(cell.group for cell in cells))
    parts = list(dict.fromkeys(cell.part for cell in cells))
    rows = _counts(cells, groups, parts)
    columns = [[visible(name) for name in groups], *map(list, zip(*rows, strict=True))]
    # No split is called so: their names have no spaces.
    names = [f"name of the {group}", *map(visible, parts)]
    return pa.Table.from_arrays([pa.array(column) for column in columns], names[: len(columns)])


def parts_text(cells: Sequence[Cell], group: str) -> str:
    """Return the shares in words: of all rows, and of the group that differs most from them."""
    groups, parts = _groups(cells), _parts(cells)
    rows = _counts(cells, groups, parts)
    whole = [sum(line[i] for line in rows) for i in range(len(parts))]
    total = sum(whole)
    if not total:
        return "No row is left."
    said = ", ".join(
        f"{cut(p, 60)} {n:,}{share(n, total)}" for p, n in zip(parts, whole, strict=True)
    )
    if len(groups) < 2 or len(parts) < 2:
        return f"All rows: {said}."
    apart = [_apart(line, whole, total) for line in rows]
    at = max(range(len(groups)), key=apart.__getitem__)
    told = ", ".join(
        f"{cut(p, 60)} {n:,}{share(n, sum(rows[at]))}" for p, n in zip(parts, rows[at], strict=True)
    )
    return f"All rows: {said}. Furthest from that is the {group} {cut(groups[at], 60)}: {told}."


def _apart(line: Sequence[int], whole: Sequence[int], total: int) -> float:
    """Return half the sum of differences between a group's shares and those of all rows."""
    of = max(sum(line), 1)
    return sum(abs(n / of - all_ / total) for n, all_ in zip(line, whole, strict=True)) / 2


def _groups(cells: Sequence[Cell]) -> list[str]:
    """Return the largest groups, the others as one."""
    sizes: dict[str, int] = {}
    for cell in cells:
        sizes[cell.group] = sizes.get(cell.group, 0) + cell.rows
    ranked = sorted(sizes, key=lambda name: (-sizes[name], name))
    return _first(ranked)


def _parts(cells: Sequence[Cell]) -> list[str]:
    """Return the parts in the order they come in, the last of many as one."""
    return _first(list(dict.fromkeys(cell.part for cell in cells)))


def _first(names: list[str]) -> list[str]:
    return names if len(names) <= MOST else [*names[: MOST - 1], OTHERS]


def _counts(cells: Sequence[Cell], groups: list[str], parts: list[str]) -> list[list[int]]:
    """Return rows per group and part; what is named in neither list is among the last."""
    of_group = {name: i for i, name in enumerate(groups)}
    of_part = {name: i for i, name in enumerate(parts)}
    rows = [[0] * len(parts) for _ in groups]
    for cell in cells:
        group, part = (
            of.get(name, len(of) - 1) for of, name in ((of_group, cell.group), (of_part, cell.part))
        )
        rows[group][part] += cell.rows
    return rows
