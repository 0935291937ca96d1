"""Overview: what is in the store, how healthy its labels look, and what to do next."""

from __future__ import annotations

import streamlit as st

from core.charts.runs import runs_figure, runs_table, runs_text
from core.views.overview import overview
from pages.components import cached, chart, frame, grid, health, problems

frame.current()
seen = cached.ask(overview)

health.tiles(seen)

left, right = st.columns([3, 2], gap="large")
with left:
    st.subheader("Scorers against the labels", anchor=False)
    if seen.runs:
        chart.show(
            runs_figure(seen.runs, chart.theme()),
            "runs",
            runs_text(seen.runs),
            lambda: runs_table(seen.runs),
            caption=False,
        )
        health.leaks(seen.runs)
    else:
        problems.no_scores()
with right:
    st.subheader("What to do next", anchor=False)
    health.next_steps(seen)

st.subheader("Sources", anchor=False)
st.markdown(grid.table(health.source_rows(seen.sources)))
