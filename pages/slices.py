"""Slices: where agreement, length and suspicion differ, and which differences surprise."""

from __future__ import annotations

import streamlit as st

from core.charts.slices import slices_figure, slices_table, slices_text
from core.views.slices import slices
from core.views.slicing import sliceable
from pages.components import (
    cached,
    chart,
    frame,
    problems,
    slicefound,
    slicekeep,
    slicepick,
)

asked = frame.current()
if not asked.count.matching:
    problems.no_match(asked.count)
    raise frame.PageEnds
offered = cached.ask(sliceable)
picked = slicepick.show(offered)
if picked is None:
    problems.no_scores()
    raise frame.PageEnds

seen = cached.ask(slices, asked.filter, picked.column, picked.run, picked.signal)
chart.show(
    slices_figure(seen, picked.shown, chart.theme()),
    "slices",
    slices_text(seen, picked.shown),
    lambda: slices_table(seen),
)
slicekeep.buttons(seen)

st.subheader("Which slices surprise?", anchor=False)
slicefound.show(asked.filter)

st.subheader("Keep this filter", anchor=False)
slicekeep.link(asked.filter)
