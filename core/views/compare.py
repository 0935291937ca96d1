"""Every run's margins over the same rows: where scorers differ shows side by side."""

from __future__ import annotations

from core.schema import PairFilter
from core.store.instance import Store
from core.views.margins import histogram
from core.views.results import RunHistogram
from core.views.signals import EXPLICIT
from core.views.where import where_of
from core.views.wilson import share

BINS = 40


def compare(store: Store, filter: PairFilter) -> tuple[RunHistogram, ...]:
    """Return the explicit margin of each run that covers any of the filtered rows."""
    names = [column.name for column in store.signal_columns if column.signal == EXPLICIT]
    found = (_one(store, filter, name) for name in names)
    return tuple(one for one in found if one.histogram.nulls < one.histogram.total)


def _one(store: Store, filter: PairFilter, name: str) -> RunHistogram:
    signs = store.query("overview_signs", {}, where_of(store, filter), signal=name).to_pylist()[0]
    agreement = share(signs["positive"], signs["positive"] + signs["negative"])
    return RunHistogram(histogram(store, filter, name, BINS), agreement)
