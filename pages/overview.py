"""Overview: what is in the store, how healthy its labels look, and what to do next."""

from __future__ import annotations

import streamlit as st

from core.views.noise import filter_noise
from core.views.overview import overview
from pages.components import agreement, cached, frame, grid, health, noise, problems

asked = frame.current()
seen = cached.ask(overview)

health.tiles(seen)

st.subheader("What to do next", anchor=False)
health.next_steps(seen)

st.subheader("Scorers against the labels", anchor=False)
if seen.runs:
    agreement.show(seen.runs)
    st.subheader("How noisy is the set?", anchor=False)
    filtered = cached.ask(filter_noise, asked.filter) if asked.count.sentence != "all pairs" else ()
    noise.show(seen, filtered, cached.store().labellers)
else:
    problems.no_scores()

st.subheader("Sources", anchor=False)
st.markdown(grid.table(health.source_rows(seen.sources)))
