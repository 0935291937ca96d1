"""Overview: what is in the store, how healthy its labels look, and what to do next."""

from __future__ import annotations

import streamlit as st

from core.views.overview import overview
from core.views.without import overview_without
from pages.components import (
    agreement,
    cached,
    categorybars,
    frame,
    grid,
    health,
    noise,
    problems,
)

asked = frame.current()
seen = cached.ask(overview)
if hidden := asked.filter.hidden:
    seen = overview_without(seen, cached.ask(overview, hidden))

health.tiles(seen)

st.subheader("What to do next", anchor=False)
health.next_steps(seen)

st.subheader("Scorers against the labels", anchor=False)
if seen.runs:
    agreement.show(seen.runs)
    st.subheader("How noisy is the set?", anchor=False)
    noise.show(seen, noise.of_filter(asked.filter, asked.count), cached.store().labellers)
else:
    problems.no_scores()

st.subheader("Sources", anchor=False)
st.markdown(grid.table(health.source_rows(seen.sources)))

st.subheader("Kinds of pairs", anchor=False)
categorybars.alone(asked.filter)
