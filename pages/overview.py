"""Overview: what is in the store, how healthy its labels look, and what to do next."""

from __future__ import annotations

import streamlit as st

from core.charts.runs import runs_figure, runs_text
from core.views.overview import overview
from pages.components import cached, chart, frame, grid, health, problems

frame.current()
seen = cached.ask(overview)

health.tiles(seen)

st.subheader("What to do next", anchor=False)
health.next_steps(seen)

st.subheader("Scorers against the labels", anchor=False)
if seen.runs:
    st.markdown(grid.table(health.run_rows(seen.runs)))
    health.leaks(seen.runs)
    # The chart library costs a browser about a second: not on the page that opens first.
    drawn = st.expander("As a chart", key="runs_chart", on_change="rerun", type="compact")
    if drawn.open:
        with drawn:
            chart.draw(runs_figure(seen.runs, chart.theme()), "runs", runs_text(seen.runs))
else:
    problems.no_scores()

st.subheader("Sources", anchor=False)
st.markdown(grid.table(health.source_rows(seen.sources)))
