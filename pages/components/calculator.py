"""The calculator of one pair: loss and gradient weight as the assumed noise moves."""

from __future__ import annotations

import streamlit as st

from core.charts.losses import losses_figure, losses_table, losses_text
from core.views.calculator import METHODS, MOST, STEP, LossCurves, loss_curves, policy_margins
from core.views.results import PairDetail
from pages.components import cached, chart
from pages.components.words import number, plain

BETA = 0.1
"""Of DPO, mostly."""
_LIMITS = (
    "rDPO and cDPO assume one e for the whole set: rDPO takes its bias out of the set's loss, "
    "which may be negative for one pair, and is no detector of flips. cDPO's weight crosses zero "
    "at h* = log((1−e)/e): beyond it, cDPO narrows a pair's margin."
)


def show(detail: PairDetail) -> None:
    """Draw the panel, closed until it is asked for; ties have no margin and no panel."""
    if detail.tie_kind:
        return
    opened = st.expander(
        "Calculator: what this pair costs under DPO, cDPO and rDPO",
        key="calculator",
        on_change="rerun",
    )
    if opened.open:
        with opened:
            _panel(detail)


def _panel(detail: PairDetail) -> None:
    left, right = st.columns([2, 3], gap="large")
    with left:
        margin = _margin(detail)
        rate = st.slider(
            "Assumed share e of reversed labels", 0.0, MOST, 0.1, STEP, key="calculator_rate"
        )
        curves = loss_curves(margin)
        _numbers(curves, rate)
        st.caption(plain(_LIMITS, 500))
    with right:
        chart.show(
            losses_figure(curves, rate, chart.theme()),
            "losses",
            losses_text(curves, rate),
            lambda: losses_table(curves),
            caption=False,
        )


def _margin(detail: PairDetail) -> float:
    """Draw what sets the implicit margin and return it, in nats."""
    found = {m.run_id: m for m in cached.ask(policy_margins, tuple(detail.signals.items()))}
    run = None
    if len(found) > 1:
        run = st.selectbox("Policy", list(found), key="calculator_policy")
    policy = found.get(run or next(iter(found), ""))
    if policy is None:
        gap = st.number_input(
            "Log-ratio of chosen minus that of rejected, nats",
            value=15.0,
            step=1.0,
            key="calculator_gap",
            help="No policy with a reference has scored this pair, so type what one might say: "
            "`python -m core score policy --model MODEL --reference REFERENCE` measures it.",
        )
    else:
        gap = policy.margin / policy.beta
    start = policy.beta if policy else BETA
    beta = st.slider("Beta", 0.01, 1.0, start, 0.01, key="calculator_beta")
    whose = f"of {plain(policy.run_id)}" if policy else "as typed"
    st.markdown(
        f"Implicit margin {whose}: h = {number(beta, 2)} · {number(gap)} = "
        f"**{number(beta * gap)}** nats"
    )
    return beta * gap


def _numbers(curves: LossCurves, rate: float) -> None:
    at, zero = curves.at(rate), curves.stationary(rate)
    rows = [
        {
            "Method": name,
            "Loss, nats": f"{curves.losses[name][at]:.4f}",
            "Gradient weight": f"{curves.weights[name][at]:.4f}",
        }
        for name in METHODS
    ]
    st.table(rows, hide_index=True, border="horizontal", alt="Loss and weight of each method")
    if zero is None:
        st.markdown("With e = 0 all three are DPO.")
        return
    does = "narrows" if curves.margin > zero else "still widens"
    st.markdown(f"h\\* = {zero:.3f} nats: cDPO {does} this pair's margin.")
