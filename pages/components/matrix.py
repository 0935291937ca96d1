"""The grid of scorers against each other."""

from __future__ import annotations

import streamlit as st

from core.charts.agreement import ROOMY, agreement_figure, agreement_table, agreement_text
from core.views.results import RunsAgreement
from pages.components import chart
from pages.components.words import plain


def show(agreement: RunsAgreement) -> None:
    """Draw the grid; few runs do not need the whole width."""
    st.caption(
        "Each cell: pairs where both prefer the same response, of the n where both prefer one. "
        "Scorers that agree with each other far more than with the labels share a bias, or see "
        "the same wrong labels: which of the two, the grid does not tell."
    )
    few = len(agreement.names) <= ROOMY
    with st.columns([3, 2])[0] if few else st.container():
        chart.show(
            agreement_figure(agreement, chart.theme()),
            "runs_agreement",
            agreement_text(agreement),
            lambda: agreement_table(agreement),
        )
    if agreement.left_out:
        names = ", ".join(plain(name) for name in agreement.left_out)
        st.caption(f"Left out, with fewer pairs than these: {names}.")
