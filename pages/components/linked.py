"""Four linked panels: what is brushed in one narrows all, held against all rows."""

from __future__ import annotations

import streamlit as st

from core.charts.linked import (
    grid_figure,
    grid_table,
    grid_text,
    linked_figure,
    linked_table,
    linked_text,
)
from core.schema import Ints, PairFilter
from core.views.bins import Bins
from core.views.crossfilter import Counted, Panels, categories, counted, panels
from pages.components import brush, cached, categorybars, chart, signalpick
from pages.components.words import plain

STEPS = 100
"""Places at which a range can be set by keys."""
_HINT = (
    "Drag across a chart, click a bar, a bin or a cell, or move a range: the other panels follow, "
    "and so does the filter on every page."
)


def show(filter: PairFilter, offered: signalpick.Offered) -> None:
    """Draw the choice of signals and category, and the panels."""
    x, y, category = signalpick.three(offered, cached.ask(categories))
    p = cached.ask(panels, x, y, category)
    everything, kept = _both(filter, p)
    with st.container(horizontal=True, vertical_alignment="center"):
        brush.undo_button()
        st.caption(categorybars.said(everything, kept, _HINT))
    left, right = st.columns(2, gap="large")
    with left:
        _histogram("linked_x", p.x, p.across, everything.x, kept.x)
        categorybars.show(p, everything, kept, filter)
    with right:
        _histogram("linked_y", p.y, p.up, everything.y, kept.y)
        st.caption("A box or a cell keeps ranges of both signals; the line runs around all rows.")
        chart.show(
            grid_figure(p, everything, kept, chart.theme()),
            "linked_grid",
            grid_text(p, everything, kept),
            lambda: grid_table(p, everything, kept),
            lambda: brush.apply("linked_grid", {p.x: p.across.high, p.y: p.up.high}),
            caption=False,
        )


def _both(filter: PairFilter, p: Panels) -> tuple[Counted, Counted]:
    """Count all rows and those of the filter; what is hidden is in neither, or it would show."""
    everything = PairFilter(hidden=filter.hidden)
    return cached.ask(counted, everything, p), cached.ask(counted, filter, p)


def _histogram(key: str, signal: str, bins: Bins, everything: Ints, kept: Ints) -> None:
    ends = brush.ends_of(signal)
    _range(f"{key}_range", signal, bins)
    chart.show(
        linked_figure(signal, bins.edges, everything, kept, ends, chart.theme()),
        key,
        linked_text(signal, bins.edges, everything, kept),
        lambda: linked_table(bins.edges, everything, kept),
        lambda: brush.apply(key, {signal: bins.high}),
        caption=False,
    )


def _range(key: str, signal: str, bins: Bins) -> None:
    """Draw the brush for keys: a slider with two ends, which stands where the filter is."""
    low, high = brush.ends_of(signal)
    start = bins.low if low is None else min(max(low, bins.low), bins.high)
    end = bins.high if high is None else min(max(high, start), bins.high)
    st.session_state[key] = (start, end)
    st.slider(
        f"Range of {plain(signal)}",
        bins.low,
        bins.high,
        step=(bins.high - bins.low) / STEPS,
        format="%.3g",
        key=key,
        label_visibility="collapsed",
        on_change=_slid,
        args=(key, signal, bins),
    )


def _slid(key: str, signal: str, bins: Bins) -> None:
    """Filter to the slider's range; an end that stands at its stop sets no condition."""
    low, high = st.session_state[key]
    ends = (low if low > bins.low else None, high if high < bins.high else None)
    brush.keep_ranges({signal: ends}, going_on=True)
