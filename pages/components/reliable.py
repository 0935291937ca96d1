"""Whether suspicion is a probability: what it tells against what gold and votes find."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.charts.reliability import reliability_figure, reliability_table, reliability_text
from core.schema import PairFilter
from core.views.margins import WITNESSES
from core.views.reliability import PROBABILITIES, reliability
from pages.components import cached, chart
from pages.components.words import plain


def show(filter: PairFilter) -> None:
    """Draw a diagram per probability and witness that has something to say about it."""
    stored = [name for name in PROBABILITIES if name in cached.store().columns]
    found = [
        cached.ask(reliability, filter, name, witness) for name in stored for witness in WITNESSES
    ]
    spoken = [one for one in found if one is not None]
    if not spoken:
        st.caption(
            "No row here has both a suspicion and a witness apart from its label: gold answers, "
            "or votes that did not make the label."
        )
    for one in spoken:
        chart.show(
            reliability_figure(one, chart.theme()),
            f"reliability_{one.signal}_{one.against}",
            reliability_text(one),
            partial(reliability_table, one),
        )
    _own_gold(any(one.against == "gold" for one in spoken))


def _own_gold(drawn: bool) -> None:
    """Say where gold is no test of suspicion, having set its scale."""
    models = cached.store().evidence_models.values()
    named = ", ".join(plain(model.source) for model in models if model.calibrated == "gold")
    if drawn and named:
        st.caption(f"Gold set the scale of suspicion in {named}: there this is no test of it.")
