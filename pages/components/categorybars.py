"""The rows of every kind of a category; those that are dragged over or picked are kept."""

from __future__ import annotations

import streamlit as st

from core.charts.bars import bars_figure, bars_table, bars_text, kind_name
from core.schema import PairFilter
from core.views.crossfilter import Counted, Kind, Panels, kept_by
from pages.components import brush, cached, chart
from pages.components.words import plain

PICKED = ("=", "null")
"""Operators with which a kind is kept."""
HALF = 0.33
"""Of a bar's thickness."""
_CHART, _PICK = "linked_bars", "linked_kind"


def show(p: Panels, everything: Counted, kept: Counted, filter: PairFilter) -> None:
    """Draw a choice of kinds, and the bars of all of them."""
    _choice(p, filter)
    chart.show(
        bars_figure(p, everything, kept, chart.theme()),
        _CHART,
        bars_text(p, everything, kept),
        lambda: bars_table(p, everything, kept),
        lambda: _brushed(p),
        caption=False,
    )


def _choice(p: Panels, filter: PairFilter) -> None:
    """Draw one pill per kind, pressed where the filter names it."""
    held = _held(p, filter)
    several = p.category in brush.LISTED
    st.session_state[_PICK] = held if several else next(iter(held), None)
    st.pills(
        "Keep only",
        range(len(p.kinds)),
        selection_mode="multi" if several else "single",
        key=_PICK,
        format_func=lambda place: plain(kind_name(p.kinds[place]), 40),
        on_change=lambda: _picked(p),
    )


def _brushed(p: Panels) -> None:
    """Keep the kinds whose bars the box touches."""
    found = st.session_state[_CHART]["selection"]
    boxes = found.get("box", [])
    if boxes:
        low, high = sorted(boxes[0]["y"])
        reached = (low - HALF <= place <= high + HALF for place in range(len(p.kinds)))
        _keep(p, [kind for kind, inside in zip(p.kinds, reached, strict=True) if inside])


def _picked(p: Panels) -> None:
    chosen = st.session_state[_PICK]
    places = chosen if isinstance(chosen, list) else [chosen]
    _keep(p, [p.kinds[place] for place in places if place is not None])


def _keep(p: Panels, kinds: list[Kind]) -> None:
    """Filter to kinds: several where the bar lists names, else the largest one; none is all."""
    named = tuple(kind for kind in kinds if kind is not None)
    if p.category in brush.LISTED:
        unknown = () if named or not kinds else (kept_by(cached.store(), p.category, None),)
        brush.narrow({p.category: PICKED}, unknown, {p.category: named})
    else:
        store = cached.store()
        conditions = tuple(kept_by(store, p.category, kind) for kind in kinds[:1])
        brush.narrow({p.category: PICKED}, conditions)


def _held(p: Panels, filter: PairFilter) -> list[int]:
    """Return the places of the kinds that the filter names."""
    listed = {"source": filter.sources, "split": filter.splits}.get(p.category, ())
    store = cached.store()
    return [
        place
        for place, kind in enumerate(p.kinds)
        if kind in listed or kept_by(store, p.category, kind) in filter.conditions
    ]
