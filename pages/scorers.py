"""Scorers: runs in the making, the health of every run, and one of them closely."""

from __future__ import annotations

import streamlit as st

from core.schema import PairFilter
from core.views.scorers import scored_runs
from core.views.without import runs_without
from pages.components import (
    cached,
    calibrated,
    frame,
    jobs,
    leaderboard,
    matrix,
    problems,
    provenance,
    runpick,
    runtable,
    weights,
)

hidden = frame.current().filter.hidden
jobs.watch()
seen = cached.ask(scored_runs)
if hidden:
    seen = runs_without(seen, cached.ask(scored_runs, hidden))
if not seen.runs:
    problems.no_scores()
    raise frame.PageEnds

st.subheader("Scored", anchor=False)
runtable.show(seen)
runtable.legend(seen)

if len(seen.agreement.names) > 2:
    st.subheader("Do the scorers agree with each other?", anchor=False)
    matrix.show(seen.agreement)

st.subheader("Which detector finds planted flips on this set?", anchor=False)
leaderboard.show()

st.subheader("What does each count for?", anchor=False)
weights.show(cached.store().evidence_models)

run = runpick.one(seen.runs)
left, right = st.columns([2, 3], gap="large")
with left:
    st.subheader("Does it tell the truth?", anchor=False)
    if run.column:
        calibrated.show(PairFilter(hidden=hidden), run.column)
    else:
        st.caption("This run prefers no response, so there is nothing to confirm.")
with right:
    st.subheader("What made it", anchor=False)
    provenance.show(run)
