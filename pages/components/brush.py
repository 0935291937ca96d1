"""A range brushed in a chart becomes conditions of the filter, on every page."""

from __future__ import annotations

import streamlit as st

from core.schema import Condition
from pages.components import filters
from pages.components.words import plain


def apply(key: str, *names: str) -> None:
    """Turn the box drawn in chart `key` into ranges of `names` (x, then y); a chart's callback."""
    boxes = st.session_state[key]["selection"].get("box", [])
    if not boxes:
        return
    ranges = dict(zip(names, (sorted(boxes[0][axis]) for axis in ("x", "y")), strict=False))
    kept = tuple(c for c in filters.current().conditions if not _bounds(c, ranges))
    filters.set_conditions((*kept, *_conditions(ranges)))


def hint(name: str) -> None:
    """Say what brushing does, or offer to take it back."""
    conditions = filters.current().conditions
    brushed = tuple(c for c in conditions if _bounds(c, {name: []}))
    with st.container(horizontal=True, vertical_alignment="center"):
        if brushed:
            words = " and ".join(f"{c.op} {c.value:g}" for c in brushed)
            st.caption(f"Filtered to {plain(name)} {plain(words)}, on every page.")
            st.button(
                "Clear the range",
                icon=":material/close:",
                type="tertiary",
                on_click=filters.set_conditions,
                args=(tuple(c for c in conditions if c not in brushed),),
            )
        else:
            st.caption("Drag across the chart to keep a range of it, on every page.")


def _bounds(condition: Condition, ranges: dict[str, list[float]]) -> bool:
    return condition.name in ranges and condition.op in (">=", "<=")


def _conditions(ranges: dict[str, list[float]]) -> list[Condition]:
    return [
        Condition(name, op, float(f"{value:.4g}"))
        for name, ends in ranges.items()
        for op, value in zip((">=", "<="), ends, strict=True)
    ]
