"""How often the label is confirmed, along a signal."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.charts.calibration import calibration_figure, calibration_table, calibration_text
from core.schema import PairFilter
from core.views.margins import WITNESSES, calibration
from pages.components import cached, chart


def show(filter: PairFilter, signal: str) -> None:
    """Draw the calibration of `signal` against every witness that has something to say."""
    found = [cached.ask(calibration, filter, signal, name) for name in WITNESSES]
    spoken = [c for c in found if c is not None]
    if not spoken:
        st.caption(
            "Neither gold answers nor several votes are there for these rows, "
            "so nothing outside the scores can say."
        )
    for curve in spoken:
        chart.show(
            calibration_figure(curve, chart.theme()),
            f"calibration_{curve.against}",
            calibration_text(curve),
            partial(calibration_table, curve),
        )
