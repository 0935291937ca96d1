"""Margins: how a signal is distributed, against another one, and against what is known."""

from __future__ import annotations

import streamlit as st

from core.charts.density import density_figure, density_table, density_text
from core.views.margins import density
from core.views.signals import choices
from pages.components import (
    brush,
    cached,
    calibrated,
    chart,
    distribution,
    frame,
    linked,
    plane,
    problems,
    reliable,
    signalpick,
)

asked = frame.current()
offered = {choice.column.name: choice for choice in cached.ask(choices) if choice.column.n}
if not offered:
    problems.no_scores()
    raise frame.PageEnds
if signalpick.view() == "linked":
    linked.show(asked.filter, offered)
elif not asked.count.matching:
    problems.no_match(asked.count)
else:
    signal, by = signalpick.signal_and_slice(offered)
    if by == "run":
        distribution.every_run(asked.filter)
    else:
        distribution.one(asked.filter, offered[signal], by)

    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Two signals together", anchor=False)
        x, y = signalpick.two(offered, signal)
        both = cached.ask(density, asked.filter, x, y)
        chart.show(
            density_figure(both, chart.theme()),
            "density",
            density_text(both),
            lambda: density_table(both),
            lambda: brush.apply("density", {x: both.x_edges[-1], y: both.y_edges[-1]}),
        )
    with right:
        st.subheader("Does it tell the truth?", anchor=False)
        calibrated.show(asked.filter, signal)

    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("What is left to learn", anchor=False)
        plane.show(asked.filter)
    with right:
        st.subheader("Is suspicion a probability?", anchor=False)
        reliable.show(asked.filter)
