"""The plane and its cut against the formulas, and the cut as a filter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.schema import Condition, PairFilter
from core.signals.implicit import length_normalised_margin
from core.signals.potential import map_official, top_share, z_scores
from core.signals.potential_columns import explicit_evidence
from core.store.inputs import signal_inputs
from core.store.instance import Store, open_store
from core.views.browse import count
from core.views.plane import (
    QUADRANTS,
    REACH,
    PlaneRuns,
    cut,
    plane,
    potentials,
    rewards,
    without_cut,
)
from tests.factories import demo_pairs, make_pair, make_store
from tests.runs import add_run, policy

ALL = PairFilter()
RUNS = PlaneRuns("toy")
NAME = "alignment_potential_toy"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    root = tmp_path_factory.mktemp("plane") / "store"
    make_store(root, demo_pairs(120)).close()
    add_run(root, "toy", policy(), scorer="policy")
    return open_store(root)


def _margins(store: Store) -> tuple[np.ndarray, np.ndarray]:
    inputs = signal_inputs(store)
    found = explicit_evidence(inputs)
    assert found is not None
    implicit = np.abs(length_normalised_margin(inputs.logps["toy"], inputs.tie))
    both = np.isfinite(found[0]) & np.isfinite(implicit)
    return np.where(both, found[0], np.nan), np.where(both, implicit, np.nan)


def test_the_plane_is_made_of_z_scores(store: Store) -> None:
    explicit, implicit = (z_scores(column) for column in _margins(store))
    seen = plane(store, ALL, RUNS)
    places = [
        (implicit < 0) & (explicit >= 0),
        (implicit >= 0) & (explicit >= 0),
        (implicit < 0) & (explicit < 0),
        (implicit >= 0) & (explicit < 0),
    ]
    assert seen.quadrants == tuple(int(place.sum()) for place in places)
    assert len(seen.quadrants) == len(QUADRANTS)
    known = int(np.isfinite(explicit).sum())
    assert seen.density.counts.sum() == known == seen.density.total - seen.density.nulls
    assert seen.beyond == ((abs(implicit) > REACH) | (abs(explicit) > REACH)).sum()
    assert seen.density.x_edges[0] == pytest.approx(np.nanmin(implicit), abs=1e-5)


@pytest.mark.parametrize("keep", [0.05, 0.4, 0.95])
@pytest.mark.parametrize("weight", [0.0, 1.0, 2.5])
def test_the_cut_keeps_the_authors_rows(store: Store, weight: float, keep: float) -> None:
    scores = map_official(*_margins(store), weight)
    kept = top_share(scores, np.arange(len(scores)), keep)
    found = cut(store, ALL, RUNS, weight, keep)
    assert (found.kept, found.known) == (len(kept), int(np.isfinite(scores).sum()))
    assert found.value == pytest.approx(scores[kept[-1]], abs=1e-5)


@pytest.mark.parametrize("keep", [0.05, 0.4, 0.95])
@pytest.mark.parametrize("filter", [ALL, PairFilter(conditions=(Condition("row_id", "<", 50.0),))])
def test_the_cut_as_a_filter_keeps_as_many(store: Store, filter: PairFilter, keep: float) -> None:
    found = cut(store, filter, RUNS, 1.0, keep)
    assert found.condition is not None
    assert found.condition.name == NAME
    cut_off = PairFilter(conditions=(*filter.conditions, found.condition))
    assert count(store, cut_off).matching == found.kept
    assert without_cut(cut_off, "toy") == filter


def test_a_filter_moves_no_row(store: Store) -> None:
    """z-scores stay those of the store, so that a cut means the same under every filter."""
    few = PairFilter(conditions=(Condition("row_id", "<", 50.0),))
    best = cut(store, few, RUNS, 1.0, 0.4)
    scores = map_official(*_margins(store))[:50]
    assert best.value in [pytest.approx(score, abs=1e-5) for score in scores]


def test_another_potential_than_the_stored_one_is_no_filter(store: Store) -> None:
    assert cut(store, ALL, RUNS, 2.0, 0.4).condition is None
    assert cut(store, ALL, PlaneRuns("toy", "alpha"), 1.0, 0.4).condition is None
    assert cut(store, ALL, RUNS, 1.0, 0.4).condition is not None


def test_one_reward_run_may_stand_alone(store: Store) -> None:
    inputs = signal_inputs(store)
    alone = inputs.rewards["alpha"].chosen - inputs.rewards["alpha"].rejected
    scores = map_official(alone, _margins(store)[1], 1.5)
    found = cut(store, ALL, PlaneRuns("toy", "alpha"), 1.5, 0.3)
    kept = top_share(scores, np.arange(len(scores)), 0.3)
    assert (found.kept, found.value) == (len(kept), pytest.approx(scores[kept[-1]], abs=1e-4))
    assert rewards(store) == ("alpha", "beta")
    assert [column.name for column in potentials(store)] == [NAME]


def test_nothing_to_show_is_no_error(store: Store, tmp_path: Path) -> None:
    nothing = PairFilter(conditions=(Condition("row_id", "<", 0.0),))
    assert plane(store, nothing, RUNS).density.counts.sum() == 0
    assert cut(store, nothing, RUNS, 1.0, 0.4).value is None
    assert cut(store, ALL, RUNS, 1.0, 0.001).kept == 0
    bare = make_store(tmp_path / "store", [make_pair(0)])
    assert potentials(bare) == rewards(bare) == ()


def test_equal_margins_make_a_plane_of_one_column(tmp_path: Path) -> None:
    """Every explicit margin is equal: it says nothing, and the cut goes by the policy alone."""
    rows = [make_pair(i, scores={"flat": (1.0, 0.0)}) for i in range(9)]
    make_store(tmp_path, rows).close()
    add_run(tmp_path, "toy", policy(), scorer="policy")
    flat = open_store(tmp_path)
    seen = plane(flat, ALL, RUNS)
    assert seen.quadrants[2:] == (0, 0)
    assert sum(seen.quadrants) == 9
    assert cut(flat, ALL, RUNS, 1.0, 0.4).kept == 3
