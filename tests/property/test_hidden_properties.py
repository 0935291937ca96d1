"""Hidden rows are in no view's answer: it is that of a filter which names and drops each of them.

Every view that takes a filter is here, found by its signature; a new one must be added.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import core.views
from core.schema import Condition, Cursor, Order, PairFilter
from core.store.inputs import signal_inputs
from core.store.instance import Store, open_store
from core.views.browse import find_rows
from core.views.crossfilter import kinds_of, panels
from core.views.detail import pair_detail
from core.views.plane import PlaneRuns
from core.views.prompts import prompt_view
from core.views.results import Count
from tests.factories import demo_pairs, make_pair, make_store
from tests.runs import add_run, embedding, policy

ALPHA, GOLD = "explicit_margin_alpha", "gold_agrees"
RUNS = PlaneRuns("toy")
ASKED: Mapping[str, Callable[[Store, PairFilter], object]] = {
    "band_counts": lambda s, f: _view("bands", "band_counts")(s, f),
    "contested_pairs": lambda s, f: _view("bands", "contested_pairs")(s, f, None, 5),
    "count": lambda s, f: _view("browse", "count")(s, f),
    "browse": lambda s, f: _view("browse", "browse")(s, f, Order(ALPHA, True), None, 80),
    "compare": lambda s, f: _view("compare", "compare")(s, f),
    "of_kinds": lambda s, f: _view("crossfilter", "of_kinds")(s, f, kinds_of(s, "source")),
    "counted": lambda s, f: _view("crossfilter", "counted")(s, f, panels(s, ALPHA, GOLD, "tie")),
    "next_row": lambda s, f: _view("detail", "next_row")(s, f, Order(ALPHA), Cursor(0.5, 9)),
    "suspects": lambda s, f: _view("flips", "suspects")(s, f, None, 80),
    "conflicts": lambda s, f: [
        _view("flips", "conflicts")(s, f, kind) for kind in ("contradiction", "duplicate")
    ],
    "recompute_histogram": lambda s, f: _view("live", "recompute_histogram")(
        s, f, signal_inputs(s, texts=False), _column(s, "suspicion"), {"noise_rate": 0.2}
    ),
    "histogram": lambda s, f: _view("margins", "histogram")(s, f, ALPHA, 20, "source"),
    "density": lambda s, f: _view("margins", "density")(s, f, ALPHA, "suspicion", 6),
    "calibration": lambda s, f: [
        _view("margins", "calibration")(s, f, ALPHA, witness) for witness in ("gold", "votes")
    ],
    "plane": lambda s, f: _view("plane", "plane")(s, f, RUNS, 8),
    "cut": lambda s, f: _view("plane", "cut")(s, f, RUNS, 1.0, 0.4),
    "reliability": lambda s, f: _view("reliability", "reliability")(s, f, "suspicion", "gold"),
    "similar_pairs": lambda s, f: _view("similar", "similar_pairs")(s, 2, "chosen", "emb", f, True),
    "slices": lambda s, f: _view("slices", "slices")(s, f, "source", "alpha", "suspicion"),
    "sample": lambda s, f: _view("slicing", "sample")(s, f, ["row_id", GOLD], 70),
    "surprising": lambda s, f: _view("surprising", "surprising")(s, f),
}
COMPILED = {"where_of", "contested_in", "reversed_by_gold", "without_cut", "filter_noise"}
"""They answer with a filter or its SQL; and estimates, which have a test of their own."""
SAID = ("sentence", "within", "seconds")
FILTERS = (
    PairFilter(),
    PairFilter(sources=("made",), conditions=(Condition("suspicion", ">=", 0.1),)),
    PairFilter(conditions=(Condition(GOLD, "=", 0.0), Condition("verdict", "null"))),
)


def _view(module: str, name: str) -> Callable[..., object]:
    return getattr(importlib.import_module(f"core.views.{module}"), name)


def _column(store: Store, name: str):
    return next(column for column in store.signal_columns if column.name == name)


def _views() -> Iterator[str]:
    """Yield the names of all functions of the views that take a filter."""
    for info in pkgutil.walk_packages(core.views.__path__, "core.views."):
        module = importlib.import_module(info.name)
        for name, found in vars(module).items():
            mine = inspect.isfunction(found) and found.__module__ == info.name
            if mine and not name.startswith("_"):
                kinds = (p.annotation for p in inspect.signature(found).parameters.values())
                if any("PairFilter" in str(kind) for kind in kinds):
                    yield name


def plain(value: object) -> object:
    """Return an answer as values that compare, without what says how it was asked."""
    if isinstance(value, Count):
        return value.matching
    if is_dataclass(value):
        kept = [f.name for f in fields(value) if f.name not in SAID]
        return {name: plain(getattr(value, name)) for name in kept}
    if isinstance(value, pa.Table):
        return plain(value.to_pydict())
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, float | np.floating):
        return "nan" if np.isnan(value) else round(float(value), 9)
    return value


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    root = tmp_path_factory.mktemp("hidden") / "store"
    extra = [make_pair(3, rejected_text=f"another {i}", row=200 + i) for i in range(3)]
    make_store(root, [*demo_pairs(60, seed=5), *extra]).close()
    add_run(root, "toy", policy(), scorer="policy")
    add_run(root, "emb", embedding)
    opened = open_store(root)
    yield opened
    opened.close()


def test_every_view_is_asked() -> None:
    assert set(_views()) == {*ASKED, *COMPILED}


HIDDEN = st.sets(st.integers(0, 65), max_size=8)


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("filter", FILTERS, ids=["all", "some", "gold says no"])
@settings(max_examples=6)
@given(hidden=HIDDEN)
def test_a_view_answers_as_if_hidden_rows_were_dropped(
    store: Store, name: str, filter: PairFilter, hidden: set[int]
) -> None:
    blind = replace(filter, hidden=tuple(sorted(hidden)))
    dropped = tuple(Condition("row_id", "!=", float(row)) for row in sorted(hidden))
    named = replace(filter, conditions=(*filter.conditions, *dropped))
    assert plain(ASKED[name](store, blind)) == plain(ASKED[name](store, named))


@settings(max_examples=25)
@given(hidden=HIDDEN)
def test_rows_around_a_row_are_none_of_the_hidden(store: Store, hidden: set[int]) -> None:
    rows = tuple(sorted(hidden))
    for row in (0, 3, 61, 63):
        detail, ranked = pair_detail(store, row, rows), prompt_view(store, row, rows)
        assert (detail is None) == (row in hidden)
        assert not {s.row_id for s in (detail.siblings if detail else ())} & hidden
        assert not {c.row_id for c in (ranked.comparisons if ranked else ())} & hidden
    assert 3 in find_rows(store, pair_detail(store, 3).pair_id)


@settings(max_examples=15)
@given(hidden=st.sets(st.integers(0, 59), min_size=1, max_size=8))
def test_estimates_do_not_hear_of_hidden_gold(store: Store, hidden: set[int]) -> None:
    """Gold of other rows calibrates a filter's estimate; that of hidden rows does not."""
    noise = _view("noise", "filter_noise")
    inside = PairFilter(conditions=(Condition("row_id", "<", 30.0),))
    told = noise(store, replace(inside, hidden=tuple(hidden)), 30)
    labelled = len(set(range(30)) - hidden)
    assert {estimate.n for estimate in told if estimate.method != "audited"} == {labelled}
