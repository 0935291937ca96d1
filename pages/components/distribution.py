"""A signal's histogram, as it is stored or with other parameters; every run's at once."""

from __future__ import annotations

import streamlit as st

from core.charts.compare import compare_figure, compare_table, compare_text
from core.charts.histogram import histogram_figure, histogram_table, histogram_text
from core.schema import PairFilter
from core.views.compare import compare
from core.views.live import live_params, recompute_histogram
from core.views.margins import Slice, histogram
from core.views.results import Histogram, SignalChoice
from pages.components import brush, cached, chart, problems
from pages.components.words import number


def one(filter: PairFilter, choice: SignalChoice, slice_by: Slice | None) -> None:
    """Draw one signal's histogram, to be brushed, and its quantiles."""
    seen, name = _histogram(filter, choice, slice_by), choice.column.name
    chart.show(
        histogram_figure(seen, chart.theme()),
        "histogram",
        histogram_text(seen),
        lambda: histogram_table(seen),
        lambda: brush.apply("histogram", {name: float(seen.edges[-1])}),
    )
    brush.hint(name)
    _quantiles(seen)


def every_run(filter: PairFilter) -> None:
    """Draw the margins of every run side by side."""
    runs = cached.ask(compare, filter)
    if not cached.store().runs:
        problems.no_scores()
        return
    if not runs:
        problems.empty("No run scores these pairs.", "The runs have scores for other pairs only.")
        return
    st.caption(
        "Every run's explicit margin over the same pairs, each on its own scale; left of 0 a run "
        "is against the label."
    )
    chart.show(
        compare_figure(runs, chart.theme()),
        "every_run",
        compare_text(runs),
        lambda: compare_table(runs),
        caption=False,
    )


def _histogram(filter: PairFilter, choice: SignalChoice, slice_by: Slice | None) -> Histogram:
    """Return the histogram; recomputed where a slider stands elsewhere than the stored value."""
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


def _quantiles(seen: Histogram) -> None:
    if seen.quantiles:
        names = {f"{100 * q:g} %": number(v) for q, v in seen.quantiles.items()}
        st.table([names], hide_index=True, border="horizontal", alt="Quantiles", width="content")
