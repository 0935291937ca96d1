"""How often the label is confirmed, along a signal."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.charts.calibration import calibration_figure, calibration_table, calibration_text
from core.schema import PairFilter
from core.views.margins import WITNESSES, calibration
from pages.components import cached, chart

_FLAT = {
    "gold": "Gold confirms every label of these rows, wherever the signal stands.",
    "votes": "Most votes confirm every label of these rows, wherever the signal stands.",
}


def show(filter: PairFilter, signal: str) -> None:
    """Draw the calibration of `signal` against every witness that has something to say."""
    found = [cached.ask(calibration, filter, signal, name) for name in WITNESSES]
    spoken = [c for c in found if c is not None]
    if not spoken:
        st.caption(
            "These rows have neither gold answers nor votes apart from those that made their "
            "labels, so nothing outside the scores can say."
        )
    for curve in spoken:
        if all(share.k == share.n for share in curve.shares):
            st.caption(_FLAT[curve.against])
            continue
        chart.show(
            calibration_figure(curve, chart.theme()),
            f"calibration_{curve.against}",
            calibration_text(curve),
            partial(calibration_table, curve),
        )
