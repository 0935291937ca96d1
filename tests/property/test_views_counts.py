"""Pages join to the whole and counts add up, for any filter, order and size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import FilterError
from core.schema import Condition, Order, PairFilter
from core.store.inputs import signal_inputs
from core.store.instance import Store
from core.views.bands import contested_in
from core.views.browse import browse, count
from core.views.flips import conflicts, suspects
from core.views.live import recompute_histogram
from core.views.margins import QUANTILES, calibration, density, histogram, interpolated
from core.views.wilson import share
from tests.factories import demo_pairs, make_pair, make_store

A, B = "explicit_margin_alpha", "explicit_margin_beta"
NUMBERS = (A, B, "length_delta_chars", "vote_share", "suspicion", "contradicting_rows", "row_id")
LIMITS = st.floats(-3, 3, width=32)
FILTERS = st.builds(
    PairFilter,
    sources=st.sampled_from([(), ("one",), ("two",), ("one", "two"), ("none",)]),
    splits=st.sampled_from([(), ("train",), ("test", "train")]),
    conditions=st.lists(
        st.one_of(
            st.builds(
                Condition, st.sampled_from(NUMBERS), st.sampled_from(["<", ">=", "!="]), LIMITS
            ),
            st.builds(Condition, st.sampled_from(NUMBERS), st.sampled_from(["null", "notnull"])),
            st.builds(Condition, st.just("tie"), st.just("="), st.booleans()),
        ),
        max_size=2,
    ).map(tuple),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Rows with equal, unknown and far margins, ties, contradictions, two sources and splits."""
    root = tmp_path_factory.mktemp("views") / "store"
    make_store(root, demo_pairs(80), source="one").close()
    others = [
        make_pair(
            i,
            split="test" if i % 3 else "train",
            prompt_text=f"other {i // 2}",
            chosen_text="x" * (i % 5 + 1),
            rejected_text="y",
            scores={"alpha": (float(i % 4), 1.0)} if i % 5 else {},
        )
        for i in range(40)
    ]
    return make_store(root, others, source="two")


def _all_rows(store: Store, filter: PairFilter, order: Order, size: int) -> list[int]:
    rows: list[int] = []
    page = browse(store, filter, order, None, size)
    while page.after is not None:
        assert len(page.rows) == size
        rows += [row.row_id for row in page.rows]
        page = browse(store, filter, order, page.after, size)
    return rows + [row.row_id for row in page.rows]


@settings(max_examples=25)
@given(FILTERS, st.sampled_from(NUMBERS), st.booleans(), st.integers(9, 60))
def test_pages_join_to_the_sorted_whole(
    store: Store, filter: PairFilter, name: str, descending: bool, size: int
) -> None:
    paged = _all_rows(store, filter, Order(name, descending), size)
    whole = browse(store, filter, Order(name, descending), None, 10_000)
    assert whole.after is None
    assert paged == [row.row_id for row in whole.rows]
    assert len(paged) == count(store, filter).matching == len(set(paged))
    sign = -1 if descending else 1

    def place(row_id: int, value: float | None) -> tuple[bool, float, int]:
        return (value is None, sign * (value or 0.0), row_id)

    keys = [
        place(row.row_id, row.row_id if name == "row_id" else row.signals[name])
        for row in whole.rows
    ]
    assert keys == sorted(keys)


@settings(max_examples=40)
@given(
    FILTERS,
    st.sampled_from(NUMBERS),
    st.integers(1, 70),
    st.sampled_from([None, "source", "split"]),
)
def test_histograms_add_up(
    store: Store, filter: PairFilter, name: str, bins: int, slice_by: str | None
) -> None:
    h = histogram(store, filter, name, bins, slice_by)
    counted = sum(int(counts.sum()) for counts in h.series.values())
    assert counted + h.nulls == h.total == count(store, filter).matching
    assert len(h.edges) == bins + 1
    assert (np.diff(h.edges) > 0).all()
    assert all(len(counts) == bins for counts in h.series.values())
    values = list(h.quantiles.values())
    assert values == sorted(values)
    assert len(values) == (len(QUANTILES) if counted else 0)
    assert all(h.edges[0] <= value <= h.edges[-1] for value in values)


@settings(max_examples=25)
@given(FILTERS, st.sampled_from(NUMBERS), st.sampled_from(NUMBERS), st.integers(1, 40))
def test_densities_add_up(store: Store, filter: PairFilter, x: str, y: str, bins: int) -> None:
    d = density(store, filter, x, y, bins)
    assert int(d.counts.sum()) + d.nulls == d.total == count(store, filter).matching
    assert d.counts.shape == (bins, bins)
    assert (np.diff(d.x_edges) > 0).all()
    assert (np.diff(d.y_edges) > 0).all()


@settings(max_examples=40)
@given(FILTERS, st.sampled_from(NUMBERS), st.sampled_from(["gold", "votes"]), st.integers(1, 12))
def test_calibration_counts_every_row_the_witness_speaks_about(
    store: Store, filter: PairFilter, name: str, against: str, bins: int
) -> None:
    column = {"gold": "gold_agrees", "votes": "vote_share"}[against]
    spoken = (Condition(column, "!=", 0.5), Condition(name, "notnull"))
    known = PairFilter(filter.sources, filter.splits, conditions=(*filter.conditions, *spoken))
    c = calibration(store, filter, name, against, bins)
    n = count(store, known).matching
    assert (c is None) == (n == 0)
    if c is not None:
        assert sum(group.n for group in c.shares) == n
        assert len(c.centres) == len(c.shares) <= bins
        assert (np.diff(c.centres) > 0).all()


@settings(max_examples=12)
@given(FILTERS, st.integers(9, 60))
def test_pages_of_suspects_and_conflicts_join(store: Store, filter: PairFilter, size: int) -> None:
    found: list[int] = []
    suspicions: list[float] = []
    page = suspects(store, filter, None, size)
    while True:
        found += [suspect.pair.row_id for suspect in page.suspects]
        suspicions += [suspect.suspicion for suspect in page.suspects]
        if page.after is None:
            break
        page = suspects(store, filter, page.after, size)
    known = PairFilter(
        filter.sources,
        filter.splits,
        conditions=(*filter.conditions, Condition("suspicion", "notnull")),
    )
    apart = count(store, contested_in(known)).matching if "ambiguity" in store.columns else 0
    assert len(found) == len(set(found)) == count(store, known).matching - apart
    assert suspicions == sorted(suspicions, reverse=True)
    whole = conflicts(store, filter, "duplicate", None, 10_000)
    rows, after = [], None
    while True:
        part = conflicts(store, filter, "duplicate", after, size)
        rows += [row.row_id for row in part.rows]
        after = part.after
        if after is None:
            break
    assert rows == [row.row_id for row in whole.rows]
    assert len(_runs_of([row.pair_id for row in whole.rows])) == len(
        {row.pair_id for row in whole.rows}
    )


def _runs_of(names: list[str]) -> list[str]:
    """Names without immediate repetitions: equal to the distinct ones when each stands together."""
    return [name for i, name in enumerate(names) if i == 0 or names[i - 1] != name]


@settings(max_examples=25)
@given(FILTERS, st.integers(1, 30))
def test_live_with_default_parameters_is_what_is_stored(
    store: Store, filter: PairFilter, bins: int
) -> None:
    column = next(c for c in store.signal_columns if c.name == "suspicion")
    live = recompute_histogram(store, filter, signal_inputs(store), column, {}, bins)
    stored = histogram(store, filter, "suspicion", bins)
    assert (live.total, live.nulls) == (stored.total, stored.nulls)
    np.testing.assert_allclose(live.edges, stored.edges, atol=1e-6)
    assert int(live.series["all"].sum()) + live.nulls == live.total


@given(st.integers(0, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_intervals_hold_the_share(kn: tuple[int, int]) -> None:
    k, n = kn
    found = share(k, n)
    if n == 0:
        assert found.value is found.low is found.high is None
    else:
        assert 0 <= found.low <= k / n <= found.high <= 1
        mirrored = share(n - k, n)
        assert mirrored.low == pytest.approx(1 - found.high)


@example([1, 0, 1])
@given(st.lists(st.integers(0, 50), min_size=1, max_size=80).filter(any))
def test_quantiles_of_bins_are_right_to_one_bin(counts: list[int]) -> None:
    edges = np.arange(len(counts) + 1, dtype=np.float64)
    values = np.repeat(edges[:-1] + 0.5, counts)
    exact = np.quantile(values, QUANTILES, method="inverted_cdf")
    assert np.abs(np.array(interpolated(np.array(counts), edges)) - exact).max() <= 1.0


@pytest.mark.parametrize("name", ["source", "tie", "no such column", 'a"b', "];--"])
def test_only_columns_of_numbers_are_sorted_or_binned(store: Store, name: str) -> None:
    with pytest.raises(FilterError, match="no column of numbers named"):
        browse(store, PairFilter(), Order(name))
    with pytest.raises(FilterError, match="no column of numbers named"):
        histogram(store, PairFilter(), name)
