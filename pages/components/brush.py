"""What is brushed, clicked or picked in a chart becomes conditions of the filter, on every page.

Each brush takes the place of the one before on the same columns, and can be taken back.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.schema import Condition
from pages.components import filters, links
from pages.components.words import plain

RANGE = (">=", "<=")
BIN = (*RANGE, "<")
"""Operators of a range; a bin ends before the next one begins."""
Ends = tuple[float | None, float | None]
"""Least and greatest value, None where there is no bound."""
Ops = Mapping[str, tuple[str, ...]]
"""Columns and the operators with which a brush speaks of them."""
Lists = Mapping[str, tuple[str, ...]]
Said = tuple[tuple[Condition, ...], Lists]
"""Conditions, and lists of the filter bar."""
LISTED = ("source", "split")
"""Columns that the filter bar holds as lists of names."""
MOST_UNDONE = 50
_TRAIL = "brush_trail"


@dataclass(frozen=True)
class _Brush:
    """What a brush put into the filter, and what it took the place of."""

    ops: Ops
    before: Said
    after: Said


def apply(key: str, tops: Mapping[str, float]) -> None:
    """Turn the box drawn in chart `key`, or the bin clicked, into ranges; a chart's callback.

    `tops` are the signals, x then y, each with the end of its last bin. A mark that can be clicked
    has the ends of its bins as the first values of its `customdata`.
    """
    found = st.session_state[key]["selection"]
    if boxes := found.get("box"):
        ends = (sorted(boxes[0][axis]) for axis in ("x", "y"))
        keep_ranges({name: (low, high) for name, (low, high) in zip(tops, ends, strict=False)})
    elif points := found.get("points"):
        narrow(dict.fromkeys(tops, BIN), bins_conditions(_values(points[0]), tops))


def bins_conditions(sides: list[float], tops: Mapping[str, float]) -> tuple[Condition, ...]:
    """Return what keeps the bins with these ends, of x and then of y.

    Ends are rounded outwards by less than a hundredth of the bin, so that the first and the last
    bin keep the least and the greatest value.
    """
    found: list[Condition] = []
    for name, low, high in zip(tops, sides[::2], sides[1::2], strict=False):
        digits = 2 - math.floor(math.log10(high - low))
        found.append(Condition(name, ">=", _rounded(low, digits, -1)))
        # Only the last bin holds its end: an edge that is a whole number is a value itself.
        found.append(Condition(name, "<=" if high >= tops[name] else "<", _rounded(high, digits)))
    return tuple(found)


def keep_ranges(ranges: Mapping[str, Ends], going_on: bool = False) -> None:
    """Filter to least and greatest values of columns, in place of their ranges; in a callback."""
    narrow(dict.fromkeys(ranges, BIN), _conditions(ranges), going_on=going_on)


def narrow(
    ops: Ops,
    conditions: tuple[Condition, ...],
    lists: Lists | None = None,
    going_on: bool = False,
) -> None:
    """Put `conditions` in the place of those of `ops`, and `lists` in that of the bar's lists.

    Only in a callback. What was there is remembered for `undo`; what is `going_on` from the last
    brush of the same columns, step by step, is undone with it.
    """
    after = (conditions, dict(lists or {}))
    before = _said(ops, after[1])
    if before == after:
        return
    last = _last()
    trail: list[_Brush] = st.session_state.setdefault(_TRAIL, [])
    if going_on and last is not None and last.ops == ops:
        before = trail.pop().before
    if before != after:
        trail.append(_Brush(ops, before, after))
        del trail[:-MOST_UNDONE]
    _replace(ops, after)


def undo() -> None:
    """Take back the last brush, and nothing else of the filter; a button's callback."""
    last = _last()
    if last is not None:
        st.session_state[_TRAIL].pop()
        _replace(last.ops, last.before)


def undo_button() -> None:
    """Offer to take back the last brush."""
    st.button(
        "Undo the last brush",
        key="brush_undo",
        icon=":material/undo:",
        disabled=_last() is None,
        on_click=undo,
    )


def ends_of(name: str) -> Ends:
    """Return the least and greatest value of `name` that the filter keeps."""
    held = [c for c in filters.current().conditions if c.name == name]
    low = (float(c.value or 0.0) for c in held if c.op == ">=")
    high = (float(c.value or 0.0) for c in held if c.op in ("<=", "<"))
    return max(low, default=None), min(high, default=None)


def hint(name: str) -> None:
    """Say what brushing does, or offer to take it back."""
    conditions = filters.current().conditions
    brushed = tuple(c for c in conditions if c.name == name and c.op in BIN)
    with st.container(horizontal=True, vertical_alignment="center"):
        if brushed:
            words = " and ".join(f"{c.op} {c.value:g}" for c in brushed)
            st.caption(f"Filtered to {plain(name)} {plain(words)}, on every page.")
            st.button(
                "Clear the range",
                icon=":material/close:",
                type="tertiary",
                on_click=narrow,
                args=({name: BIN}, ()),
            )
        else:
            st.caption("Drag across the chart or click a bin to keep a range of it, on every page.")


def _values(point: Mapping[str, Any]) -> list[float]:
    """Return a mark's `customdata`; a browser sends an array of numbers as places and values."""
    held = point.get("customdata") or ()
    return [float(value) for value in (held.values() if isinstance(held, Mapping) else held)]


def _rounded(value: float, digits: int, way: int = 1) -> float:
    """Round to `digits` decimals, up or down as `way` says where the nearest lies on that side."""
    nearest = round(value, digits)
    return nearest if (nearest - value) * way >= 0 else round(nearest + way * 10**-digits, digits)


def _last() -> _Brush | None:
    """Return the last brush that still stands; those that were changed by hand are forgotten."""
    trail: list[_Brush] = st.session_state.get(_TRAIL, [])
    while trail and _said(trail[-1].ops, trail[-1].after[1]) != trail[-1].after:
        trail.pop()
    return trail[-1] if trail else None


def _said(ops: Ops, lists: Lists) -> Said:
    """Return what the filter says now about some columns."""
    conditions = tuple(c for c in filters.current().conditions if c.op in ops.get(c.name, ()))
    return conditions, {name: tuple(st.session_state.get(name, ())) for name in lists}


def _replace(ops: Ops, said: Said) -> None:
    held = filters.current().conditions
    kept = tuple(c for c in held if c.op not in ops.get(c.name, ()))
    filters.set_conditions((*kept, *said[0]))
    for name, values in said[1].items():
        st.session_state[name] = list(values)
        links.changed(name)


def _conditions(ranges: Mapping[str, Ends]) -> tuple[Condition, ...]:
    return tuple(
        Condition(name, op, float(f"{value:.4g}"))
        for name, ends in ranges.items()
        for op, value in zip(RANGE, ends, strict=True)
        if value is not None
    )
