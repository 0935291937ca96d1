"""A signal's histogram, as it is stored or recomputed with other parameters; its quantiles."""

from __future__ import annotations

import streamlit as st

from core.schema import PairFilter
from core.views.live import live_params, recompute_histogram
from core.views.margins import Slice, histogram
from core.views.results import Histogram, SignalChoice
from pages.components import cached
from pages.components.words import number


def histogram_of(filter: PairFilter, choice: SignalChoice, slice_by: Slice | None) -> Histogram:
    """Return the histogram, recomputed where a slider stands elsewhere than the stored value."""
    column = choice.column
    given = {
        param.name: st.slider(
            param.title,
            param.low,
            param.high,
            float(column.params.get(param.name, param.default)),
            key=f"param_{column.name}_{param.name}",
            help=param.help,
        )
        for param in live_params(column)
    }
    if all(given[name] == column.params.get(name, given[name]) for name in given):
        return cached.ask(histogram, filter, column.name, 60, slice_by)
    st.caption("Recomputed with these parameters for this chart; what is stored stays as it is.")
    return cached.ask(_recomputed, filter, column, tuple(given.items()))


def _recomputed(
    store: cached.Store, filter: PairFilter, column: object, given: tuple[tuple[str, float], ...]
) -> Histogram:
    return recompute_histogram(store, filter, cached.inputs(), column, dict(given))  # type: ignore[arg-type]


def quantiles(seen: Histogram) -> None:
    """Show the quantiles in one line."""
    if seen.quantiles:
        names = {f"{100 * q:g} %": number(v) for q, v in seen.quantiles.items()}
        st.table([names], hide_index=True, border="horizontal", alt="Quantiles", width="content")
